package io.wasmwiz.metering.consume;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class BackoffTest {
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(2), nanos::get);

    @Test
    void isDueAtFirst() {
        assertThat(backoff.isDue()).isTrue();
        assertThat(backoff.fault()).isEmpty();
    }

    @Test
    void doublesUpToItsBound() {
        long[] expectedMillis = {100, 200, 400, 800, 1_600, 2_000, 2_000};
        for (long expected : expectedMillis) {
            backoff.failed("away");
            assertThat(backoff.remaining()).isBetween(Duration.ofMillis(expected / 2), Duration.ofMillis(expected));
        }
        for (int i = 0; i < 100; i++) {
            backoff.failed("away");
        }
        assertThat(backoff.remaining()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2));
    }

    @Test
    void isDueWhenTheWaitIsOver() {
        backoff.failed("away");
        assertThat(backoff.isDue()).isFalse();
        assertThat(backoff.fault()).isEqualTo("away");

        nanos.addAndGet(Duration.ofMillis(100).toNanos());

        assertThat(backoff.isDue()).isTrue();
    }

    @Test
    void startsOverAfterASuccess() {
        backoff.failed("away");
        backoff.failed("away");
        backoff.succeeded();
        assertThat(backoff.isDue()).isTrue();
        assertThat(backoff.fault()).isEmpty();

        backoff.failed("away");
        assertThat(backoff.remaining()).isLessThanOrEqualTo(Duration.ofMillis(100));
    }
}

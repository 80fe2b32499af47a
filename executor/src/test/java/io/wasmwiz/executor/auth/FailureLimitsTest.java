package io.wasmwiz.executor.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FailureLimitsTest {
    private static final PeerNetwork PEER = PeerNetwork.of(null);

    // Close to where nanoTime wraps around.
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1);
    private final FailureLimits limits = new FailureLimits(4, 10, nanos::get);

    @Test
    void allowsTheLimitAtOnceAndThenOneEachInterval() {
        takeAll();

        assertThat(limits.take(PEER)).contains(Duration.ofSeconds(15));
        nanos.addAndGet(Duration.ofSeconds(5).toNanos());
        assertThat(limits.take(PEER)).contains(Duration.ofSeconds(10));
        nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        assertThat(limits.take(PEER)).isEmpty();
        assertThat(limits.take(PEER)).contains(Duration.ofSeconds(15));
    }

    @Test
    void restoresTheWholeAllowanceAndNoMoreWithinAMinute() {
        takeAll();
        nanos.addAndGet(Duration.ofMinutes(10).toNanos());

        takeAll();
        assertThat(limits.take(PEER)).isPresent();
    }

    @Test
    void takesBackWhatDidNotFail() {
        takeAll();

        limits.giveBack(PEER);

        assertThat(limits.take(PEER)).isEmpty();
        assertThat(limits.take(PEER)).isPresent();
    }

    @Test
    void remembersABoundedNumberOfNetworks() {
        IntStream.range(0, 1_000)
                .forEach(
                        i -> limits.take(PeerNetwork.of(new InetSocketAddress("203.0." + i / 250 + "." + i % 250, 1))));

        assertThat(limits.networks()).isLessThanOrEqualTo(10);
    }

    private void takeAll() {
        for (int i = 0; i < 4; i++) {
            assertThat(limits.take(PEER)).isEmpty();
        }
    }
}

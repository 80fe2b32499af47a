package io.wasmwiz.executor.admission;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** The store's clock and the executor's monotonic time, moved by hand. Thread-safe. */
final class FakeTime implements Ticker {
    private final Instant start;
    private final AtomicLong nanos = new AtomicLong();

    FakeTime(String start) {
        this.start = Instant.parse(start);
    }

    void advance(Duration duration) {
        nanos.addAndGet(duration.toNanos());
    }

    Instant instant() {
        return start.plusNanos(nanos.get());
    }

    /** An origin of its own, close to overflow: only differences mean anything. */
    @Override
    public long read() {
        return Long.MAX_VALUE - 1_000 + nanos.get();
    }
}

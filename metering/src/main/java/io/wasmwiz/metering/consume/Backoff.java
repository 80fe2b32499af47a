package io.wasmwiz.metering.consume;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/**
 * Waits that double from failure to failure up to a bound, shortened at random by up to a half so that workers do not
 * march in step. Remembers why. Changed by one thread; {@link #fault} may be asked from anywhere.
 */
final class Backoff {
    private final long minNanos;
    private final long maxNanos;
    private final LongSupplier nanoTime;
    private int failures;
    private long dueAt;
    private volatile String fault = "";

    Backoff(Duration min, Duration max, LongSupplier nanoTime) {
        this.minNanos = min.toNanos();
        this.maxNanos = max.toNanos();
        this.nanoTime = nanoTime;
        this.dueAt = nanoTime.getAsLong();
    }

    void failed(String cause) {
        fault = cause;
        long wait = Math.min(maxNanos, minNanos << Math.min(failures, 30));
        failures++;
        dueAt = nanoTime.getAsLong() + wait / 2 + ThreadLocalRandom.current().nextLong(wait / 2 + 1);
    }

    void succeeded() {
        fault = "";
        failures = 0;
        dueAt = nanoTime.getAsLong();
    }

    /** Time until the next attempt, zero when it is due. */
    Duration remaining() {
        return Duration.ofNanos(Math.max(0, dueAt - nanoTime.getAsLong()));
    }

    boolean isDue() {
        return remaining().isZero();
    }

    /** Why the newest attempt failed; empty when it did not. */
    String fault() {
        return fault;
    }
}

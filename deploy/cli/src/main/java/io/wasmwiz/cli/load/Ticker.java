package io.wasmwiz.cli.load;

import java.util.concurrent.locks.LockSupport;

/** Monotonic time. */
interface Ticker {
    /** Nanoseconds from some origin. */
    long nanos();

    /** Returns when {@link #nanos()} has reached {@code nanos}, at once when it has already. */
    void sleepUntil(long nanos) throws InterruptedException;

    /** The JVM's. */
    static Ticker system() {
        return new Ticker() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public void sleepUntil(long nanos) throws InterruptedException {
                for (long left = nanos - nanos(); left > 0; left = nanos - nanos()) {
                    LockSupport.parkNanos(this, left);
                    if (Thread.interrupted()) {
                        throw new InterruptedException();
                    }
                }
            }
        };
    }
}

package io.wasmwiz.executor.sandbox;

import java.util.function.BooleanSupplier;

/**
 * When a run may start.
 *
 * @param accountConcurrency it starts only while its account has fewer runs in progress in this sandbox, at least 1
 * @param startByNanos the {@link System#nanoTime} from which on it must not start; it is refused then, wherever it waits
 * @param mayStart asked on the sandbox's thread right before the guest starts, must not block; when false, it never starts
 */
public record StartConditions(int accountConcurrency, long startByNanos, BooleanSupplier mayStart) {
    public StartConditions {
        if (accountConcurrency < 1) {
            throw new IllegalArgumentException("accountConcurrency must be at least 1, was " + accountConcurrency);
        }
    }

    /** At any time. */
    public static StartConditions none() {
        return new StartConditions(Integer.MAX_VALUE, System.nanoTime() + Long.MAX_VALUE / 2, () -> true);
    }

    /** Whether the start-by has passed. */
    public boolean isLate() {
        return startByNanos - System.nanoTime() <= 0;
    }
}

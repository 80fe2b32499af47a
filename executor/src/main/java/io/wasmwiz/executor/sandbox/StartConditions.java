package io.wasmwiz.executor.sandbox;

import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When a run may start.
 *
 * @param accountConcurrency it starts only while its account has fewer runs in progress in this sandbox, at least 1
 * @param startByNanos the {@link System#nanoTime} from which on it must not start; it is refused then, wherever it waits
 * @param mayStart asked on the sandbox's thread right before the guest starts, must not block; when false or when it
 *     throws, the run never starts
 */
public record StartConditions(int accountConcurrency, long startByNanos, BooleanSupplier mayStart) {
    private static final Logger log = LoggerFactory.getLogger(StartConditions.class);

    public StartConditions {
        if (accountConcurrency < 1) {
            throw new IllegalArgumentException("accountConcurrency must be at least 1, was " + accountConcurrency);
        }
    }

    /** At any time. */
    public static StartConditions none() {
        return new StartConditions(Integer.MAX_VALUE, System.nanoTime() + Long.MAX_VALUE / 2, () -> true);
    }

    /** What {@link #mayStart} says now; when it throws, which is logged, that is a no. */
    public boolean allowsStart() {
        try {
            return mayStart.getAsBoolean();
        } catch (RuntimeException | Error e) {
            // Who asks gives out the runs of others, too.
            log.atError().setCause(e).log("a run's start condition failed");
            return false;
        }
    }

    /** Whether the start-by has passed. */
    public boolean isLate() {
        return startByNanos - System.nanoTime() <= 0;
    }
}

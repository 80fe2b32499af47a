package io.wasmwiz.executor.sandbox;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * How much the sandbox may do at once.
 *
 * @param workers runs in progress at most, 1 to 256; about one per core
 * @param queueCapacity runs waiting at most, 1 to 100,000; more are refused
 * @param epochTick precision of time limits, 1 ms to 100 ms
 */
public record SandboxConfig(int workers, int queueCapacity, Duration epochTick) {
    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.requireRange("--sandbox-workers", workers, 1, 256);
        problems.requireRange("--sandbox-queue", queueCapacity, 1, 100_000);
        problems.requireRange("--sandbox-epoch-tick in ms", epochTick.toMillis(), 1, 100);
    }
}

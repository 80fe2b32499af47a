package io.wasmwiz.executor.sandbox;

import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * How much the sandbox may do at once.
 *
 * @param workers runs in progress at most in one process, 1 to 256; about one per core
 * @param queue what may wait
 * @param epochTick precision of time limits, 1 ms to 100 ms
 */
public record SandboxConfig(int workers, QueueConfig queue, Duration epochTick) {
    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.requireRange("--sandbox-workers", workers, 1, 256);
        queue.check(problems);
        problems.requireRange("--sandbox-epoch-tick in ms", epochTick.toMillis(), 1, 100);
    }
}

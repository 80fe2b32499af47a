package io.wasmwiz.executor.sandbox.queue;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * How much may wait for a sandbox, and how long.
 *
 * @param capacity {@code --sandbox-queue}: tasks waiting at most, 1 to 100,000, default 1,000
 * @param accountCapacity {@code --sandbox-queue-per-account}: tasks of one account waiting at most, 1 to {@code capacity},
 *     default 250, so that one account's flood leaves room for others
 * @param maxWait {@code --max-queue-wait}: longest wait for a start, 10 ms to 10 min, default 10 s
 */
public record QueueConfig(int capacity, int accountCapacity, Duration maxWait) {
    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.requireRange("--sandbox-queue", capacity, 1, 100_000);
        problems.requireRange("--sandbox-queue-per-account", accountCapacity, 1, 100_000);
        problems.require(
                accountCapacity <= capacity,
                "--sandbox-queue-per-account must be at most --sandbox-queue = %s, was %s",
                capacity,
                accountCapacity);
        problems.requireRange("--max-queue-wait in ms", maxWait.toMillis(), 10, 600_000);
    }
}

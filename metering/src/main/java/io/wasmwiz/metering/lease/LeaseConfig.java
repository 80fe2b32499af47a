package io.wasmwiz.metering.lease;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * When a lease is closed for its executor: {@code use_by} + {@code maxQueueWait} + the longest run of its tier + {@code
 * eventDeliveryTimeout} + {@code closeMargin}. Shorter than what the executors are given, it makes events late (and so not
 * charged) that were in time; it never charges more.
 *
 * @param maxQueueWait the executors' {@code --max-queue-wait}, 10 ms to 10 min
 * @param eventDeliveryTimeout the executors' {@code --event-delivery-timeout}, 1 s to 2 min
 * @param closeMargin for compiling, killing and clocks that run at different speeds, 0 to 1 h
 * @param sweepInterval time between two looks for such leases, 100 ms to 10 min
 * @param grantTimeout longest time that a grant may take from its beginning until it writes its lease, 1 s to 5 min; longer
 *     ones are refused, and the watermark stays this far behind the clock
 * @param watermarkInterval time between two moves of the watermark, 100 ms to 10 min
 */
public record LeaseConfig(
        Duration maxQueueWait,
        Duration eventDeliveryTimeout,
        Duration closeMargin,
        Duration sweepInterval,
        Duration grantTimeout,
        Duration watermarkInterval) {
    /** What is added to {@code use_by} and the tier's run time. */
    public Duration grace() {
        return maxQueueWait.plus(eventDeliveryTimeout).plus(closeMargin);
    }

    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.requireRange("--max-queue-wait in ms", maxQueueWait.toMillis(), 10, 600_000);
        problems.requireRange("--event-delivery-timeout in ms", eventDeliveryTimeout.toMillis(), 1_000, 120_000);
        problems.requireRange("--lease-close-margin in ms", closeMargin.toMillis(), 0, 3_600_000);
        problems.requireRange("--lease-sweep-interval in ms", sweepInterval.toMillis(), 100, 600_000);
        problems.requireRange("--grant-timeout in ms", grantTimeout.toMillis(), 1_000, 300_000);
        problems.requireRange("--watermark-interval in ms", watermarkInterval.toMillis(), 100, 600_000);
    }
}

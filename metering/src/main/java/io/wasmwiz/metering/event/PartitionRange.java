package io.wasmwiz.metering.event;

import org.jspecify.annotations.Nullable;

/**
 * The piece of one partition that a batch covers.
 *
 * @param from position before the batch: what {@code log_positions} must say for the batch to be written
 * @param next position after it; offsets between the two that hold no record were read as empty
 * @param leaderEpoch leader epoch of the last record, null where the broker told none
 */
public record PartitionRange(
        int partition, long from, long next, @Nullable Integer leaderEpoch) {
    public PartitionRange {
        if (from < 0 || next <= from) {
            throw new IllegalArgumentException("empty range of partition " + partition + ": " + from + " to " + next);
        }
    }
}

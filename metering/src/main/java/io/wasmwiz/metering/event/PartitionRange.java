package io.wasmwiz.metering.event;

import org.jspecify.annotations.Nullable;

/**
 * The piece of one partition that a batch covers.
 *
 * @param from offset before the batch
 * @param fromEpoch leader epoch before it; {@code log_positions} must say both for the batch to be written
 * @param next offset after it; offsets between the two that hold no record were read as empty
 * @param nextEpoch leader epoch of the last record, or {@code fromEpoch} where the broker told none
 */
public record PartitionRange(
        int partition,
        long from,
        @Nullable Integer fromEpoch,
        long next,
        @Nullable Integer nextEpoch) {
    public PartitionRange {
        if (from < 0 || next <= from) {
            throw new IllegalArgumentException("empty range of partition " + partition + ": " + from + " to " + next);
        }
    }
}

package io.wasmwiz.metering.store;

import io.wasmwiz.metering.event.DeadReason;
import java.util.Map;

/** What became of a batch. */
public sealed interface WriteOutcome {
    /**
     * It is committed.
     *
     * @param skipped executions below the retention floor that had been read before
     * @param uncounted rows whose account is gone, so that no counter holds them
     */
    record Written(
            int charged,
            int late,
            int notChargeable,
            int duplicates,
            int skipped,
            Map<DeadReason, Integer> dead,
            int leasesSettled,
            int leaseClosesRepeated,
            int leaseClosesUnknown,
            long uncounted)
            implements WriteOutcome {
        /** New rows. */
        public int rows() {
            return charged + late + notChargeable;
        }
    }

    /** Nothing was written: another worker moved a position, or this one's earlier attempt had been committed. */
    record PositionMoved(String detail) implements WriteOutcome {}

    /** Nothing was written: the stored positions are of another topic of the same name. */
    record TopicReplaced(String detail) implements WriteOutcome {}
}

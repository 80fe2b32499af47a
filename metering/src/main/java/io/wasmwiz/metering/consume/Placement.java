package io.wasmwiz.metering.consume;

import io.wasmwiz.metering.store.StoredPosition;
import java.util.UUID;

/** Where reading a partition goes on, if it may. */
sealed interface Placement {
    /** From there. */
    record At(LogPosition position) implements Placement {}

    /** Nowhere: records were lost or are of another log, and a person must decide. */
    record Refused(Stall.Cause cause, String detail) implements Placement {}

    /** Compares the ledger's position with the log. */
    static Placement of(StoredPosition stored, UUID topicId, LogRange log) {
        if (!stored.topicId().equals(topicId)) {
            return new Refused(
                    Stall.Cause.TOPIC_REPLACED,
                    "the ledger was written from topic id %s and the topic's id is now %s"
                            .formatted(stored.topicId(), topicId));
        }
        if (stored.nextOffset() < log.start()) {
            return new Refused(
                    Stall.Cause.RECORDS_LOST,
                    "the ledger is at offset %d and the log starts at %d".formatted(stored.nextOffset(), log.start()));
        }
        if (stored.nextOffset() > log.end()) {
            return new Refused(
                    Stall.Cause.LOG_TRUNCATED,
                    "the ledger is at offset %d and the log ends at %d".formatted(stored.nextOffset(), log.end()));
        }
        return new At(new LogPosition(stored.nextOffset(), stored.leaderEpoch()));
    }
}

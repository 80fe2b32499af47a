package io.wasmwiz.metering.settle;

import io.wasmwiz.metering.event.LogEntry;
import io.wasmwiz.metering.event.UsageEvent;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A new row of {@code usage_logs}.
 *
 * @param id of the row: the execution's, unless {@link #isAttempt}
 * @param entry where in the log it comes from
 * @param unchargedCause null: the row is charged
 */
public record LedgerRow(
        UUID id, LogEntry entry, UsageEvent event, @Nullable UnchargedCause unchargedCause) {
    static LedgerRow of(LogEntry entry, UsageEvent event, @Nullable UnchargedCause cause) {
        UUID attemptId = cause == null ? null : attemptId(entry, event);
        return new LedgerRow(attemptId == null ? event.executionId() : attemptId, entry, event, cause);
    }

    /** The id that {@code event} has as an uncharged row, if that is not the execution's. */
    public static @Nullable UUID attemptId(LogEntry entry, UsageEvent event) {
        return !mayRepeat(event) ? null : AttemptId.of(event.executionId(), entry.partition(), entry.offset());
    }

    /** Whether it costs a unit of the day's allowance. */
    public boolean isCharged() {
        return unchargedCause == null;
    }

    /** Whether it is one of perhaps several uncharged runs of a request id or batch item, whose execution may be charged yet. */
    public boolean isAttempt() {
        return !isCharged() && mayRepeat(event);
    }

    /** Whether several events may have its execution id: those of a request id, or of an item of a claimed batch. */
    private static boolean mayRepeat(UsageEvent event) {
        return event.requestId() != null || event.batchId() != null;
    }
}

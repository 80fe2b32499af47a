package io.wasmwiz.metering.settle;

import io.wasmwiz.metering.event.LogEntry;
import io.wasmwiz.metering.event.UsageEvent;
import org.jspecify.annotations.Nullable;

/**
 * A new row of {@code usage_logs}.
 *
 * @param entry where in the log it comes from
 * @param unchargedCause null: the row is charged
 */
public record LedgerRow(
        LogEntry entry, UsageEvent event, @Nullable UnchargedCause unchargedCause) {
    /** Whether it costs a unit of the day's allowance. */
    public boolean isCharged() {
        return unchargedCause == null;
    }
}

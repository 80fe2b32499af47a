package io.wasmwiz.metering.store;

import io.wasmwiz.metering.event.Decoded;
import io.wasmwiz.metering.event.LogEntry;
import io.wasmwiz.metering.settle.LedgerRow;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Which executions have a row. */
final class PostgresUsageLogs {
    private static final String KNOWN = """
            SELECT l.execution_id
            FROM unnest(:days, :ids) AS wanted (epoch_day, id)
            JOIN usage_logs l ON l.day = date '1970-01-01' + wanted.epoch_day AND l.execution_id = wanted.id
            """;

    private PostgresUsageLogs() {}

    /** The ids that {@code entries} have, or would have as uncharged runs of a request, and that are on the ledger. */
    static Set<UUID> known(Handle handle, List<LogEntry> entries) {
        List<Integer> days = new ArrayList<>();
        List<UUID> ids = new ArrayList<>();
        for (LogEntry entry : entries) {
            if (entry.decoded() instanceof Decoded.Execution execution) {
                int day = Math.toIntExact(execution.event().day().toEpochDay());
                days.add(day);
                ids.add(execution.event().executionId());
                UUID attemptId = LedgerRow.attemptId(entry, execution.event());
                if (attemptId != null) {
                    days.add(day);
                    ids.add(attemptId);
                }
            }
        }
        return new HashSet<>(handle.createQuery(KNOWN)
                .bindArray("days", Integer.class, days)
                .bindArray("ids", UUID.class, ids)
                .mapTo(UUID.class)
                .list());
    }
}

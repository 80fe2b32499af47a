package io.wasmwiz.metering.store;

import io.wasmwiz.metering.settle.LedgerRow;
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

    /** The ids among {@code rows} that are on the ledger. */
    static Set<UUID> known(Handle handle, List<LedgerRow> rows) {
        return new HashSet<>(handle.createQuery(KNOWN)
                .bindArray(
                        "days",
                        Integer.class,
                        rows.stream()
                                .map(row -> Math.toIntExact(row.event().day().toEpochDay()))
                                .toArray())
                .bindArray(
                        "ids",
                        UUID.class,
                        rows.stream().map(row -> row.event().executionId()).toArray())
                .mapTo(UUID.class)
                .list());
    }
}

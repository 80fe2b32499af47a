package io.wasmwiz.metering.store;

import io.wasmwiz.metering.settle.Lease;
import io.wasmwiz.metering.settle.LeaseChange;
import java.time.LocalDate;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** {@code quota_leases} as metering sees them. */
final class PostgresLeases {
    private static final String LOCK = """
            SELECT id, user_id, tier, day, size, charged, state FROM quota_leases
            WHERE id = ANY (:ids) ORDER BY id FOR UPDATE
            """;
    private static final String UPDATE = """
            UPDATE quota_leases
            SET charged = changed.charged,
                state = CASE WHEN changed.closes THEN 'closed' ELSE state END,
                closed_at = CASE WHEN changed.closes THEN now() ELSE closed_at END
            FROM unnest(:ids, :charged, :closes) AS changed (id, charged, closes)
            WHERE quota_leases.id = changed.id
            """;

    private PostgresLeases() {}

    /** Those of {@code ids} that exist, locked until the transaction ends. */
    static List<Lease> lock(Handle handle, Collection<UUID> ids) {
        if (ids.isEmpty()) {
            return List.of();
        }
        return handle.createQuery(LOCK)
                .bindArray("ids", UUID.class, ids.toArray())
                .map((row, context) -> new Lease(
                        row.getObject("id", UUID.class),
                        row.getObject("user_id", UUID.class),
                        row.getString("tier"),
                        row.getObject("day", LocalDate.class),
                        row.getLong("size"),
                        row.getLong("charged"),
                        row.getString("state").equals("closed")))
                .list();
    }

    static void update(Handle handle, List<LeaseChange> changes) {
        if (changes.isEmpty()) {
            return;
        }
        handle.createUpdate(UPDATE)
                .bindArray(
                        "ids",
                        UUID.class,
                        changes.stream().map(LeaseChange::leaseId).toArray())
                .bindArray(
                        "charged",
                        Long.class,
                        changes.stream().map(LeaseChange::charged).toArray())
                .bindArray(
                        "closes",
                        Boolean.class,
                        changes.stream().map(LeaseChange::closes).toArray())
                .execute();
    }
}

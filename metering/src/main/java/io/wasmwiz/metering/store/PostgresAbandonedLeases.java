package io.wasmwiz.metering.store;

import io.wasmwiz.metering.lease.AbandonedLease;
import io.wasmwiz.metering.lease.AbandonedLeases;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** {@code quota_leases} past their time. An advisory lock makes turns; it ends with its session. Thread-safe. */
public final class PostgresAbandonedLeases implements AbandonedLeases {
    private static final String TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext('wasmwiz_lease_sweep'))";
    private static final String UNLOCK = "SELECT pg_advisory_unlock(hashtext('wasmwiz_lease_sweep'))";

    // The first condition lets the index find candidates. A lease that its executor renews at this moment is locked and
    // skipped, or was renewed and is no candidate any more. A tier that is not known any more had runs of an hour at
    // most.
    private static final String GIVE_UP = """
            UPDATE quota_leases SET state = 'closing'
            WHERE id IN (
                SELECT l.id FROM quota_leases l
                WHERE l.state = 'open'
                  AND l.use_by < now() - :graceMillis * interval '1 millisecond'
                  AND l.use_by < now() - (:graceMillis + coalesce(
                          (SELECT max(v.run_time_ms) FROM subscription_tier_versions v WHERE v.name = l.tier),
                          3600000)) * interval '1 millisecond'
                ORDER BY l.use_by
                LIMIT :limit
                FOR UPDATE SKIP LOCKED)
            """;
    private static final String UNPUBLISHED = """
            SELECT id, user_id FROM quota_leases
            WHERE state = 'closing'
              AND (close_published_at IS NULL
                   OR close_published_at < now() - :repeatMillis * interval '1 millisecond')
            ORDER BY use_by
            LIMIT :limit
            """;
    private static final String PUBLISHED = """
            UPDATE quota_leases SET close_published_at = now() WHERE id = ANY (:ids) AND state = 'closing'
            """;

    private final Jdbi jdbi;
    private final LedgerConfig config;

    public PostgresAbandonedLeases(Jdbi jdbi, LedgerConfig config) {
        this.jdbi = jdbi;
        this.config = config;
        SqlArrays.register(jdbi);
    }

    @Override
    public boolean tryTurn(Work work) {
        return jdbi.withHandle(handle -> {
            if (!handle.createQuery(TRY_LOCK).mapTo(Boolean.class).one()) {
                return false;
            }
            try {
                work.run(new PostgresTurn(handle));
            } finally {
                handle.createQuery(UNLOCK).mapTo(Boolean.class).one();
            }
            return true;
        });
    }

    private final class PostgresTurn implements Turn {
        private final Handle handle;

        private PostgresTurn(Handle handle) {
            this.handle = handle;
        }

        @Override
        public int giveUp(Duration grace, int limit) {
            return handle.inTransaction(transaction -> {
                TransactionLimits.set(transaction, config);
                return transaction
                        .createUpdate(GIVE_UP)
                        .bind("graceMillis", grace.toMillis())
                        .bind("limit", limit)
                        .execute();
            });
        }

        @Override
        public List<AbandonedLease> unpublished(Duration repeatAfter, int limit) {
            return handle.createQuery(UNPUBLISHED)
                    .bind("repeatMillis", repeatAfter.toMillis())
                    .bind("limit", limit)
                    .map((row, context) ->
                            new AbandonedLease(row.getObject("id", UUID.class), row.getObject("user_id", UUID.class)))
                    .list();
        }

        @Override
        public void published(Collection<UUID> leaseIds) {
            handle.useTransaction(transaction -> {
                TransactionLimits.set(transaction, config);
                transaction
                        .createUpdate(PUBLISHED)
                        .bindArray("ids", UUID.class, leaseIds.toArray())
                        .execute();
            });
        }
    }
}

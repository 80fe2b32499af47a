package io.wasmwiz.metering.store;

import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.Update;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets go of what is older than the retention time: raises the floor, takes whole days out of {@code usage_logs}, and
 * prunes what belonged to them. Daily counters stay. Any number of workers may do this at once. Thread-safe.
 */
public final class PostgresRetention {
    private static final Logger log = LoggerFactory.getLogger(PostgresRetention.class);

    /**
     * How long a statement that needs a whole table for itself may wait. Whoever comes after it queues behind it, so this
     * bounds how long it holds up writers.
     */
    private static final String SHORT_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '100ms'";

    private static final int ATTEMPTS = 20;
    private static final long PAUSE_MILLIS = 250;
    private static final int PRUNE_BATCH = 5_000;
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private static final String FLOOR = """
            SELECT (now() AT TIME ZONE 'UTC')::date - :days AS wanted, floor FROM usage_retention
            """;
    private static final String RAISE = "SELECT raise_usage_floor(:floor)";
    private static final String DAYS_BELOW = """
            SELECT to_date(right(c.relname, 8), 'YYYYMMDD') AS day
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'public.usage_logs'::regclass AND c.relname ~ '^usage_logs_[0-9]{8}$'
              AND to_date(right(c.relname, 8), 'YYYYMMDD') < (SELECT floor FROM usage_retention)
            ORDER BY day
            """;
    private static final String DETACH = "SELECT detach_usage_partition(:day)";
    private static final String DROP = "SELECT drop_detached_usage_partitions()";

    // What is left of a lease that is closed and whose day is gone: nothing names it but events below the floor.
    private static final String PRUNE_LEASES = """
            DELETE FROM quota_leases WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM quota_leases
                WHERE state = 'closed' AND day < (SELECT floor FROM usage_retention) LIMIT :limit))
            """;
    private static final String PRUNE_CLAIMS = """
            DELETE FROM request_claims WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM request_claims WHERE day < (SELECT floor FROM usage_retention) LIMIT :limit))
            """;
    private static final String PRUNE_BATCHES = """
            DELETE FROM batch_claims WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM batch_claims WHERE day < (SELECT floor FROM usage_retention) LIMIT :limit))
            """;
    // Nobody takes from a minute that is a day old.
    private static final String PRUNE_MINUTES = """
            DELETE FROM minute_grants WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM minute_grants WHERE minute < now() - interval '1 day' LIMIT :limit))
            """;

    // What retention took away stays known as long as what was made of it.
    private static final String PRUNE_ROLLUPS = """
            DELETE FROM usage_rollups WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM usage_rollups WHERE hour < date_trunc('day', now(), 'UTC') - :days * interval '1 day'
                LIMIT :limit))
            """;
    private static final String PRUNE_DAY_ROLLUPS = """
            DELETE FROM usage_day_rollups WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM usage_day_rollups WHERE day < (now() AT TIME ZONE 'UTC')::date - :days LIMIT :limit))
            """;
    private static final String PRUNE_EXTENTS = """
            DELETE FROM usage_log_extents WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM usage_log_extents WHERE day < (now() AT TIME ZONE 'UTC')::date - :days LIMIT :limit))
            """;

    private final Jdbi jdbi;
    private final LedgerConfig config;

    public PostgresRetention(Jdbi jdbi, LedgerConfig config) {
        this.jdbi = jdbi;
        this.config = config;
    }

    private record Floor(LocalDate wanted, LocalDate now) {}

    /** Lets go of everything that is due. Throws when a day is in use all the time; the next call goes on. */
    public void run() throws InterruptedException {
        Floor floor = jdbi.withHandle(handle -> handle.createQuery(FLOOR)
                .bind("days", config.retentionDays())
                .map((row, context) ->
                        new Floor(row.getObject("wanted", LocalDate.class), row.getObject("floor", LocalDate.class)))
                .one());
        if (floor.wanted().isAfter(floor.now())
                && aloneWith(
                        "retention floor",
                        handle -> handle.createQuery(RAISE)
                                .bind("floor", floor.wanted())
                                .mapTo(Boolean.class)
                                .one())) {
            log.atInfo().addKeyValue("floor", floor.wanted()).log("retention floor raised");
        }
        for (LocalDate day : daysBelow()) {
            boolean detached = aloneWith(
                    "day " + day,
                    handle -> handle.createQuery(DETACH)
                            .bind("day", day)
                            .mapTo(Boolean.class)
                            .one());
            if (detached) {
                log.atInfo().addKeyValue("day", day).log("usage partition taken out");
            }
        }
        inTransaction(handle -> handle.createQuery(DROP).mapTo(Integer.class).one());
        for (String statement : List.of(
                PRUNE_LEASES,
                PRUNE_CLAIMS,
                PRUNE_BATCHES,
                PRUNE_MINUTES,
                PRUNE_ROLLUPS,
                PRUNE_DAY_ROLLUPS,
                PRUNE_EXTENTS)) {
            prune(statement);
        }
    }

    private List<LocalDate> daysBelow() {
        return jdbi.withHandle(
                handle -> handle.createQuery(DAYS_BELOW).mapTo(LocalDate.class).list());
    }

    private interface Change {
        boolean in(Handle handle);
    }

    private boolean aloneWith(String what, Change change) throws InterruptedException {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            try {
                return inTransaction(handle -> {
                    handle.execute(SHORT_LOCK_TIMEOUT);
                    return change.in(handle);
                });
            } catch (JdbiException e) {
                if (!(e.getCause() instanceof SQLException refusal)
                        || !LOCK_NOT_AVAILABLE.equals(refusal.getSQLState())) {
                    throw e;
                }
                Thread.sleep(PAUSE_MILLIS);
            }
        }
        throw new IllegalStateException(
                "%s is in use: a transaction that reads usage_logs is open all the time".formatted(what));
    }

    private void prune(String statement) throws InterruptedException {
        int deleted = PRUNE_BATCH;
        while (deleted == PRUNE_BATCH) {
            deleted = inTransaction(handle -> {
                Update update = handle.createUpdate(statement).bind("limit", PRUNE_BATCH);
                return (statement.contains(":days") ? update.bind("days", config.rollupRetentionDays()) : update)
                        .execute();
            });
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    private <T> T inTransaction(org.jdbi.v3.core.HandleCallback<T, RuntimeException> work) {
        return jdbi.inTransaction(handle -> {
            TransactionLimits.set(handle, config);
            return work.withHandle(handle);
        });
    }
}

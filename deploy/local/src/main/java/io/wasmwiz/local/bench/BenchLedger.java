package io.wasmwiz.local.bench;

import io.wasmwiz.service.database.DatabaseUrl;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.jdbi.v3.core.Jdbi;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOut;

/** The ledger of a benchmark, as a superuser. */
final class BenchLedger {
    static final String TIER = "Pro";

    private static final long POLL_NANOS = 5_000_000;
    private static final int HEADER_BYTES = 19;
    private static final byte[] HEADER = {
        'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
    };
    private static final byte[] TRAILER = {(byte) 0xff, (byte) 0xff};

    private static final String EMPTY = """
            TRUNCATE usage_logs, usage_rollups, usage_day_rollups, usage_log_extents, log_positions, quota_leases,
                daily_tier_counters, users CASCADE
            """;
    private static final String ACCOUNT = "INSERT INTO users (id, name, tier) VALUES (?, ?, ?)";
    private static final String KEY = """
            INSERT INTO api_keys (id, user_id, key_hash) VALUES (?, ?, sha256(convert_to(?, 'UTF8')))
            """;
    private static final String HOLD = "UPDATE daily_tier_counters SET held = ?";
    private static final String LEASE = """
            INSERT INTO quota_leases (id, user_id, tier, day, size, executor, granted_at, use_by)
            VALUES (?, ?, ?, ?, ?, 'bench', ?::date::timestamp AT TIME ZONE 'UTC',
                    (?::date + 1)::timestamp AT TIME ZONE 'UTC')
            """;
    private static final String POSITION = "SELECT coalesce(sum(next_offset), 0) FROM log_positions";
    private static final String POSITIONS = "SELECT partition, next_offset FROM log_positions";
    private static final String ASSIGNED = "SELECT count(*) FROM log_positions WHERE topic = :topic";
    private static final String CHARGED =
            "SELECT coalesce(sum(charged), 0) FROM daily_tier_counters WHERE held = charged";

    /** An account with an open lease. */
    record Tenant(UUID account, UUID key, UUID lease) {}

    private final DatabaseUrl url;
    private final Jdbi jdbi;

    BenchLedger(DatabaseUrl url) {
        this.url = url;
        this.jdbi = Jdbi.create(url.jdbcUrl(), url.user(), url.password());
    }

    Jdbi jdbi() {
        return jdbi;
    }

    /** Empties everything and makes accounts, each with a key and a lease of {@code units}. */
    List<Tenant> renew(int accounts, long units) {
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        List<Tenant> tenants = new ArrayList<>();
        jdbi.useTransaction(handle -> {
            handle.execute(EMPTY);
            for (int i = 0; i < accounts; i++) {
                Tenant tenant = new Tenant(UUID.randomUUID(), UUID.randomUUID(), UUID.randomUUID());
                handle.execute(ACCOUNT, tenant.account(), "bench-" + i, TIER);
                handle.execute(KEY, tenant.key(), tenant.account(), tenant.key().toString());
                tenants.add(tenant);
            }
            handle.execute(HOLD, units);
            // Leases of the whole day, as no executor is granted one.
            handle.execute("SET LOCAL session_replication_role = replica");
            for (Tenant tenant : tenants) {
                handle.execute(LEASE, tenant.lease(), tenant.account(), TIER, today, units, today, today);
            }
        });
        jdbi.useHandle(handle -> handle.execute("CHECKPOINT"));
        return tenants;
    }

    /** Waits until the ledger has {@code records} of the log, by one session that asks seldom; says how many it has. */
    long await(long records) {
        return jdbi.withHandle(handle -> {
            long position = 0;
            while (position < records) {
                LockSupport.parkNanos(POLL_NANOS);
                position = handle.createQuery(POSITION).mapTo(Long.class).one();
            }
            return position;
        });
    }

    /** Waits until {@code topic}'s {@code partitions} are all metered. */
    void awaitPartitions(String topic, int partitions) {
        jdbi.useHandle(handle -> {
            while (handle.createQuery(ASSIGNED)
                            .bind("topic", topic)
                            .mapTo(Integer.class)
                            .one()
                    < partitions) {
                LockSupport.parkNanos(POLL_NANOS);
            }
        });
    }

    /** Tells {@code lag} how far the ledger is, again and again, until every record is counted. */
    void watch(CountedLag lag) {
        jdbi.useHandle(handle -> {
            while (!lag.isComplete()) {
                LockSupport.parkNanos(POLL_NANOS);
                Map<Integer, Long> positions = new HashMap<>();
                handle.createQuery(POSITIONS)
                        .map((row, context) -> positions.put(row.getInt("partition"), row.getLong("next_offset")))
                        .list();
                long now = System.nanoTime();
                positions.forEach((partition, next) -> lag.counted(partition, next, now));
            }
        });
    }

    /** Units of accounts whose leases are settled. */
    long settled() {
        return jdbi.withHandle(
                handle -> handle.createQuery(CHARGED).mapTo(Long.class).one());
    }

    /**
     * Bare COPY: the rows of the ledger, into the ledger emptied, with a commit a batch.
     *
     * @param rowsAtMost of the ledger; they are kept in memory
     */
    Floor copy(int batch, int rowsAtMost, Floor.Clock clock) throws Exception {
        try (Connection connection = DriverManager.getConnection(url.jdbcUrl(), url.user(), url.password())) {
            List<byte[]> rows = rows(connection, rowsAtMost);
            jdbi.useHandle(handle -> handle.execute("TRUNCATE usage_logs"));
            jdbi.useHandle(handle -> handle.execute("CHECKPOINT"));
            connection.setAutoCommit(false);
            clock.start();
            for (int from = 0; from < rows.size(); from += batch) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                bytes.write(HEADER);
                for (byte[] row : rows.subList(from, Math.min(rows.size(), from + batch))) {
                    bytes.write(row);
                }
                bytes.write(TRAILER);
                CopyIn copy = connection
                        .unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyIn("COPY usage_logs FROM STDIN (FORMAT binary)");
                copy.writeToCopy(bytes.toByteArray(), 0, bytes.size());
                copy.endCopy();
                connection.commit();
            }
            return clock.stop(rows.size());
        }
    }

    /** As PostgreSQL itself encodes them, in the order in which metering wrote them. */
    private static List<byte[]> rows(Connection connection, int rowsAtMost) throws Exception {
        List<byte[]> rows = new ArrayList<>();
        CopyOut copy = connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyOut("COPY (SELECT * FROM usage_logs LIMIT " + rowsAtMost + ") TO STDOUT (FORMAT binary)");
        for (byte[] row = copy.readFromCopy(); row != null; row = copy.readFromCopy()) {
            rows.add(row);
        }
        // The first message begins with the header, and the last is the trailer.
        rows.set(0, Arrays.copyOfRange(rows.get(0), HEADER_BYTES, rows.get(0).length));
        rows.removeIf(row -> row.length == 0 || Arrays.equals(row, TRAILER));
        return rows;
    }
}

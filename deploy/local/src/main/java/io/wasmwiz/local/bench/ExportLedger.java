package io.wasmwiz.local.bench;

import io.wasmwiz.service.database.DatabaseUrl;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/** Thirty days of one account's ledger, as metering leaves it behind, made by the server itself. As a superuser. */
final class ExportLedger {
    static final int DAYS = 30;

    private static final String PARTITION = "SELECT ensure_usage_partition((now() AT TIME ZONE 'UTC')::date - ?)";
    private static final String TOPIC = """
            INSERT INTO log_topics (topic, topic_id) VALUES ('bench-past', :topic)
            """;
    // 50 modules, and of each every tenth run fails: 72,000 rollups of the hour, from a million rows on.
    // Ids are as long and as ordered as metering's.
    private static final String ROWS = """
            INSERT INTO usage_logs (day, execution_id, user_id, api_key_id, module_digest, tier, tier_version, lease_id,
                                    status, exit_code, admitted_at, wall_time_us, cpu_time_us, queue_time_us,
                                    peak_memory_bytes, module_bytes, input_bytes, output_bytes, cache_hit,
                                    output_truncated, output_lost, charged, log_generation, log_partition, log_offset)
            SELECT (t.at AT TIME ZONE 'UTC')::date,
                   (lpad(to_hex((extract(epoch FROM t.at) * 1000)::bigint), 12, '0') || '7'
                    || substr(md5(o::text), 1, 3) || '8' || substr(md5(o::text), 4, 15))::uuid,
                   :account, :key, sha256(convert_to((o * 7919 % 50)::text, 'UTF8')), :tier, 1, :lease,
                   CASE WHEN o / 50 % 10 = 0 THEN 'failed' ELSE 'completed' END, (o / 50 % 10 = 0)::int, t.at,
                   1500 + o % 100, 1200 + o % 100, 30, 65536, 2048, 12, 34, true, false, false, true,
                   (SELECT generation FROM log_topics WHERE topic_id = :topic), 0, o
            FROM generate_series(CAST(:from AS bigint), CAST(:to AS bigint) - 1) AS o,
                 LATERAL (SELECT (((now() AT TIME ZONE 'UTC')::date - CAST(:ago AS integer))::timestamp AT TIME ZONE 'UTC')
                              + (o - :from) * (interval '1 day' / (CAST(:to AS bigint) - :from)) AS at) AS t
            """;
    private static final String EXTENTS = """
            INSERT INTO usage_log_extents
            SELECT day, log_generation, log_partition, min(log_offset), max(log_offset) FROM usage_logs GROUP BY 1, 2, 3
            """;
    private static final String ROLLUPS = """
            INSERT INTO usage_rollups
            SELECT user_id, date_trunc('hour', admitted_at, 'UTC'), api_key_id, module_digest, status, tier, count(*),
                   count(*) FILTER (WHERE charged), sum(wall_time_us), sum(cpu_time_us), sum(input_bytes),
                   sum(output_bytes), max(peak_memory_bytes)
            FROM usage_logs GROUP BY 1, 2, 3, 4, 5, 6
            """;
    private static final String DAY_ROLLUPS = """
            INSERT INTO usage_day_rollups
            SELECT user_id, (hour AT TIME ZONE 'UTC')::date, api_key_id, module_digest, status, tier, sum(runs), sum(charged),
                   sum(wall_time_us), sum(cpu_time_us), sum(input_bytes), sum(output_bytes), max(peak_memory_bytes)
            FROM usage_rollups GROUP BY 1, 2, 3, 4, 5, 6
            """;
    // What an export sends, and nothing else.
    private static final String COPY = """
            COPY (SELECT log_offset, execution_id, status, exit_code, trap, admitted_at, module_digest, wall_time_us,
                         cpu_time_us, queue_time_us, peak_memory_bytes, module_bytes, input_bytes, output_bytes, cache_hit,
                         output_truncated, output_lost, charged, tier, tier_version, lease_id, request_id, batch_id,
                         item_id, api_key_id, uncharged_cause
                  FROM usage_logs WHERE user_id = '%s') TO STDOUT (FORMAT binary)
            """;

    private final DatabaseUrl url;
    private final Jdbi jdbi;

    ExportLedger(DatabaseUrl url) {
        this.url = url;
        this.jdbi = Jdbi.create(url.jdbcUrl(), url.user(), url.password());
    }

    /** Fills the empty ledger with {@code rows} executions of {@code tenant}, as many each day. */
    void fill(BenchLedger.Tenant tenant, long rows) {
        UUID topic = UUID.randomUUID();
        jdbi.useHandle(handle -> {
            handle.createUpdate(TOPIC).bind("topic", topic).execute();
            for (int ago = DAYS - 1; ago >= 0; ago--) {
                handle.createQuery(PARTITION).bind(0, ago).mapToMap().list();
                long from = rows * (DAYS - 1 - ago) / DAYS;
                long to = rows * (DAYS - ago) / DAYS;
                handle.createUpdate(ROWS)
                        .bind("account", tenant.account())
                        .bind("key", tenant.key())
                        .bind("lease", tenant.lease())
                        .bind("tier", BenchLedger.TIER)
                        .bind("topic", topic)
                        .bind("from", from)
                        .bind("to", to)
                        .bind("ago", ago)
                        .execute();
            }
            handle.execute(EXTENTS);
            handle.execute(ROLLUPS);
            handle.execute(DAY_ROLLUPS);
            handle.execute("VACUUM (ANALYZE) usage_logs");
            handle.execute("VACUUM (ANALYZE) usage_rollups");
            handle.execute("VACUUM (ANALYZE) usage_day_rollups");
            handle.execute("CHECKPOINT");
        });
    }

    /** Rows a second of bare COPY of the same columns of the account's rows, in no order. */
    double copy(UUID account, long rows) throws Exception {
        try (Connection connection = DriverManager.getConnection(url.jdbcUrl(), url.user(), url.password())) {
            long started = System.nanoTime();
            CopyOut copy = connection.unwrap(PGConnection.class).getCopyAPI().copyOut(COPY.formatted(account));
            long read = 0;
            while (copy.readFromCopy() != null) {
                read++;
            }
            double seconds = (System.nanoTime() - started) / 1e9;
            // The driver gives a message a row, and one for the trailer.
            if (read - 1 != rows) {
                throw new IllegalStateException("COPY gave %d rows of %d".formatted(read - 1, rows));
            }
            return rows / seconds;
        }
    }
}

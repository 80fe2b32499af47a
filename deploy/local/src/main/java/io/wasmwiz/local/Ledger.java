package io.wasmwiz.local;

import io.wasmwiz.service.database.DatabaseUrl;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** Reads the ledger as a billing system would, over one connection. Not thread-safe; its opener closes it. */
final class Ledger implements AutoCloseable {
    private static final Duration METERED_WITHIN = Duration.ofSeconds(20);
    private static final long POLL_MILLIS = 20;

    private static final String ROW = """
            SELECT execution_id, status, exit_code, trap, admitted_at, module_digest, wall_time_us, cpu_time_us,
                   queue_time_us, peak_memory_bytes, module_bytes, input_bytes, output_bytes, cache_hit,
                   output_truncated, output_lost, charged, tier, tier_version, lease_id, request_id, batch_id, item_id
            FROM usage_logs
            WHERE execution_id = :id
            """;

    private static final String COUNTER = """
            SELECT c.tier || ', ' || c.day || ': charged ' || c.charged || ', held ' || c.held || ', limit '
                   || t.executions_per_day
            FROM usage_logs u
            JOIN daily_tier_counters c ON c.user_id = u.user_id AND c.tier = u.tier AND c.day = u.day
            JOIN subscription_tiers t ON t.name = c.tier
            WHERE u.execution_id = :id
            """;

    private final Handle handle;

    private Ledger(Handle handle) {
        this.handle = handle;
    }

    static Ledger open(String url) {
        DatabaseUrl parsed = DatabaseUrl.parse(url);
        return new Ledger(
                Jdbi.create(parsed.jdbcUrl(), parsed.user(), parsed.password()).open());
    }

    /** The row of an execution as texts by column, waiting until metering has written it. */
    Map<String, String> awaitRow(UUID executionId) throws InterruptedException {
        long deadline = System.nanoTime() + METERED_WITHIN.toNanos();
        while (true) {
            Optional<Map<String, String>> row = handle.createQuery(ROW)
                    .bind("id", executionId)
                    .map((rs, context) -> read(rs))
                    .findOne();
            if (row.isPresent()) {
                return row.get();
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("execution " + executionId + " was acknowledged and is not on the"
                        + " ledger after " + METERED_WITHIN.toSeconds() + " s");
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    /** The counter that an execution counts in. */
    String counter(UUID executionId) {
        return handle.createQuery(COUNTER)
                .bind("id", executionId)
                .mapTo(String.class)
                .one();
    }

    private static Map<String, String> read(ResultSet row) throws SQLException {
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
            fields.put(row.getMetaData().getColumnName(i), text(row, i));
        }
        return fields;
    }

    private static String text(ResultSet row, int column) throws SQLException {
        return switch (row.getMetaData().getColumnTypeName(column)) {
            case "timestamptz" ->
                row.getObject(column, OffsetDateTime.class).toInstant().toString();
            case "bytea" -> HexFormat.of().formatHex(row.getBytes(column));
            case "bool" -> String.valueOf(row.getBoolean(column));
            default -> orEmpty(row.getString(column));
        };
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    @Override
    public void close() {
        handle.close();
    }
}

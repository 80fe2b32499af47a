package io.wasmwiz.executor.usage;

import io.wasmwiz.executor.database.AccountTransactions;
import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.execution.Receipt;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.TrapKind;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/** Usage from {@code daily_tier_counters} and the account's view of {@code usage_logs}. Thread-safe; does not own the pool. */
public final class PostgresUsageQueries implements UsageQueries {
    private final AccountTransactions transactions;

    public PostgresUsageQueries(Jdbi jdbi) {
        this.transactions = new AccountTransactions(jdbi);
    }

    private static final String TODAY = """
            SELECT coalesce(counter.charged, 0) AS charged, coalesce(counter.held, 0) AS held,
                   coalesce(counter.executions, 0) AS executions,
                   (today.day + 1)::timestamp AT TIME ZONE 'UTC' AS resets_at
            FROM (SELECT (now() AT TIME ZONE 'UTC')::date AS day) AS today
            LEFT JOIN daily_tier_counters AS counter
              ON counter.user_id = :account AND counter.tier = :tier AND counter.day = today.day
            """;

    @Override
    public DailyQuota today(UUID accountId, String tier) {
        return transactions.in(
                accountId,
                handle -> handle.createQuery(TODAY)
                        .bind("account", accountId)
                        .bind("tier", tier)
                        .map((row, context) -> new DailyQuota(
                                row.getLong("charged"),
                                row.getLong("held"),
                                row.getLong("executions"),
                                row.getObject("resets_at", OffsetDateTime.class).toInstant()))
                        .one());
    }

    private static final String RECEIPT = """
            SELECT execution_id, status, exit_code, trap, admitted_at, module_digest, wall_time_us, cpu_time_us,
                   queue_time_us, peak_memory_bytes, module_bytes, input_bytes, output_bytes, cache_hit,
                   output_truncated, output_lost, charged, tier, tier_version, lease_id, request_id, batch_id, item_id
            FROM account_usage_logs
            """;

    private static final String NEWEST = RECEIPT + """
            WHERE user_id = :account
            ORDER BY admitted_at DESC, execution_id DESC
            LIMIT :size
            """;

    // The day bounds the partitions that are looked at: it is the admission's.
    private static final String AFTER = RECEIPT + """
            WHERE user_id = :account AND admitted_at <= :admitted_at
              AND (admitted_at < :admitted_at OR execution_id < :execution_id)
              AND day <= (:admitted_at AT TIME ZONE 'UTC')::date
            ORDER BY admitted_at DESC, execution_id DESC
            LIMIT :size
            """;

    @Override
    public List<Receipt> executions(UUID accountId, Optional<Position> after, int size) {
        return transactions.in(accountId, handle -> {
            var query = handle.createQuery(after.isEmpty() ? NEWEST : AFTER)
                    .bind("account", accountId)
                    .bind("size", size);
            after.ifPresent(
                    position -> query.bind("admitted_at", position.admittedAt().atOffset(ZoneOffset.UTC))
                            .bind("execution_id", position.executionId()));
            return query.map((row, context) -> receipt(row)).list();
        });
    }

    private static Receipt receipt(ResultSet row) throws SQLException {
        int exitCode = row.getInt("exit_code");
        OptionalInt exit = row.wasNull() ? OptionalInt.empty() : OptionalInt.of(exitCode);
        return new Receipt(
                row.getObject("execution_id", UUID.class),
                ExecutionStatus.valueOf(row.getString("status").toUpperCase(Locale.ROOT)),
                exit,
                Optional.ofNullable(row.getString("trap")).map(word -> TrapKind.valueOf(word.toUpperCase(Locale.ROOT))),
                row.getObject("admitted_at", OffsetDateTime.class).toInstant(),
                ModuleDigest.ofSha256(row.getBytes("module_digest")),
                row.getLong("wall_time_us"),
                row.getLong("cpu_time_us"),
                row.getLong("queue_time_us"),
                row.getLong("peak_memory_bytes"),
                row.getLong("module_bytes"),
                row.getLong("input_bytes"),
                row.getLong("output_bytes"),
                row.getBoolean("cache_hit"),
                row.getBoolean("output_truncated"),
                row.getBoolean("output_lost"),
                row.getBoolean("charged"),
                row.getString("tier"),
                row.getInt("tier_version"),
                0,
                Optional.ofNullable(row.getObject("lease_id", UUID.class)),
                Optional.ofNullable(row.getObject("request_id", UUID.class)),
                Optional.ofNullable(row.getObject("batch_id", UUID.class)),
                Optional.ofNullable(row.getString("item_id")).orElse(""));
    }
}

package io.wasmwiz.executor.usage;

import io.wasmwiz.executor.database.AccountTransactions;
import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.execution.Receipt;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.TrapKind;
import io.wasmwiz.executor.usage.QuotaCounts.Window;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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

    private static final String COUNTS = """
            SELECT t.executions_per_day AS day_limit, t.executions_per_minute AS minute_limit,
                   coalesce(counter.charged, 0) AS charged, coalesce(counter.held, 0) AS held,
                   coalesce(counter.executions, 0) AS executions,
                   (present.day + 1)::timestamp AT TIME ZONE 'UTC' AS day_end,
                   coalesce(m.granted, 0) AS minute_granted, present.minute + interval '1 minute' AS minute_end,
                   k.executions_per_day AS key_day_limit, coalesce(kd.granted, 0) AS key_day_granted,
                   k.executions_per_minute AS key_minute_limit, coalesce(km.granted, 0) AS key_minute_granted
            FROM (SELECT (now() AT TIME ZONE 'UTC')::date AS day, date_trunc('minute', now(), 'UTC') AS minute) AS present
            JOIN subscription_tiers AS t ON t.name = :tier
            LEFT JOIN daily_tier_counters AS counter
              ON counter.user_id = :account AND counter.tier = t.name AND counter.day = present.day
            LEFT JOIN minute_grants AS m
              ON m.user_id = :account AND m.tier = t.name AND m.minute = present.minute
            LEFT JOIN api_keys AS k ON k.id = CAST(:key AS uuid) AND k.user_id = :account
            LEFT JOIN key_grants AS kd
              ON kd.api_key_id = k.id AND kd.period = 'day' AND kd.starts_at = present.day::timestamp AT TIME ZONE 'UTC'
            LEFT JOIN key_grants AS km
              ON km.api_key_id = k.id AND km.period = 'minute' AND km.starts_at = present.minute
            """;

    @Override
    public QuotaCounts counts(UUID accountId, String tier, Optional<UUID> keyId) {
        return transactions.in(
                accountId,
                handle -> handle.createQuery(COUNTS)
                        .bind("account", accountId)
                        .bind("tier", tier)
                        .bind("key", keyId.orElse(null))
                        .map((row, context) -> counts(row))
                        .one());
    }

    private static QuotaCounts counts(ResultSet row) throws SQLException {
        Window day = new Window(row.getLong("day_limit"), row.getLong("held"), instant(row, "day_end"));
        Window minute =
                new Window(row.getLong("minute_limit"), row.getLong("minute_granted"), instant(row, "minute_end"));
        return new QuotaCounts(
                day,
                row.getLong("charged"),
                row.getLong("executions"),
                minute,
                ownWindow(row, "key_day", day),
                ownWindow(row, "key_minute", minute));
    }

    private static Optional<Window> ownWindow(ResultSet row, String name, Window account) throws SQLException {
        long limit = row.getLong(name + "_limit");
        return row.wasNull() || limit >= account.limit()
                ? Optional.empty()
                : Optional.of(new Window(limit, row.getLong(name + "_granted"), account.resetsAt()));
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
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

    private static final String BATCH = """
            SELECT min(created_at) AS opened_at, sum(reruns) AS reruns FROM batch_claims
            WHERE user_id = :account AND batch_id = :batch
            HAVING count(*) > 0
            """;

    // The days of the claims bound the partitions that are looked at.
    private static final String BATCH_RUNS = """
            SELECT status, count(*) AS executions, count(*) FILTER (WHERE charged) AS charged FROM account_usage_logs
            WHERE user_id = :account AND batch_id = :batch
              AND day >= (SELECT min(day) FROM batch_claims WHERE user_id = :account AND batch_id = :batch)
            GROUP BY status
            """;

    @Override
    public Optional<BatchCounts> batch(UUID accountId, UUID batchId) {
        return transactions.in(accountId, handle -> {
            Map<ExecutionStatus, BatchCounts.Count> runs = new EnumMap<>(ExecutionStatus.class);
            handle.createQuery(BATCH_RUNS)
                    .bind("account", accountId)
                    .bind("batch", batchId)
                    .map((row, context) -> Map.entry(
                            ExecutionStatus.valueOf(row.getString("status").toUpperCase(Locale.ROOT)),
                            new BatchCounts.Count(row.getLong("executions"), row.getLong("charged"))))
                    .forEach(count -> runs.put(count.getKey(), count.getValue()));
            return handle.createQuery(BATCH)
                    .bind("account", accountId)
                    .bind("batch", batchId)
                    .map((row, context) -> new BatchCounts(instant(row, "opened_at"), runs, row.getLong("reruns")))
                    .findOne();
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

package io.wasmwiz.executor.usage;

import io.wasmwiz.executor.database.AccountTransactions;
import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;

/**
 * Sums of {@code usage_rollups} and {@code usage_day_rollups}: whole days of a query by day or month are read by the day,
 * the hours before and after them by the hour. Thread-safe; does not own the pool.
 */
public final class PostgresUsageSums implements UsageSums {
    private static final Map<Group, String> COLUMNS = Map.of(
            Group.API_KEY, "api_key_id",
            Group.MODULE, "module_digest",
            Group.STATUS, "status",
            Group.TIER, "tier");

    private static final String SUMS = """
            SELECT date_trunc('<period>', start, 'UTC') AS period_start, <columns>, sum(runs)::bigint AS runs,
                   sum(charged)::bigint AS charged,
                   coalesce(sum(runs) FILTER (WHERE status <> 'completed'), 0)::bigint AS failures,
                   least(sum(wall_time_us), 9223372036854775807)::bigint AS wall_time_us,
                   least(sum(cpu_time_us), 9223372036854775807)::bigint AS cpu_time_us,
                   least(sum(input_bytes), 9223372036854775807)::bigint AS input_bytes,
                   least(sum(output_bytes), 9223372036854775807)::bigint AS output_bytes,
                   max(peak_memory_bytes) AS peak_memory_bytes
            FROM (SELECT hour AS start, <figures>
                  FROM usage_rollups WHERE user_id = :account AND hour >= :from AND hour < :daysFrom
                  UNION ALL
                  SELECT day::timestamp AT TIME ZONE 'UTC' AS start, <figures>
                  FROM usage_day_rollups
                  WHERE user_id = :account AND day >= :firstDay AND day < :nextDay
                  UNION ALL
                  SELECT hour AS start, <figures>
                  FROM usage_rollups WHERE user_id = :account AND hour >= :daysBefore AND hour < :before) AS parts
            GROUP BY <groups> ORDER BY <groups>
            LIMIT :limit
            """.replace(
                    "<figures>",
                    "api_key_id, module_digest, status, tier, runs, charged, wall_time_us, cpu_time_us, input_bytes, output_bytes,"
                            + " peak_memory_bytes");

    private final AccountTransactions transactions;

    public PostgresUsageSums(Jdbi jdbi) {
        this.transactions = new AccountTransactions(jdbi);
    }

    @Override
    public List<Sum> of(UUID accountId, Query query) {
        String sql = SUMS.replace("<period>", query.period().name().toLowerCase(Locale.ROOT))
                .replace("<columns>", columns(query))
                .replace("<groups>", groups(query));
        Days days = Days.of(query);
        List<Sum> sums = transactions.in(
                accountId,
                handle -> handle.createQuery(sql)
                        .bind("account", accountId)
                        .bind("from", query.from().atOffset(ZoneOffset.UTC))
                        .bind("daysFrom", days.from().atOffset(ZoneOffset.UTC))
                        .bind("daysBefore", days.before().atOffset(ZoneOffset.UTC))
                        .bind("firstDay", LocalDate.ofInstant(days.from(), ZoneOffset.UTC))
                        .bind("nextDay", LocalDate.ofInstant(days.before(), ZoneOffset.UTC))
                        .bind("before", query.before().atOffset(ZoneOffset.UTC))
                        .bind("limit", MAX_SUMS + 1)
                        .map((row, context) -> sum(row))
                        .list());
        if (sums.size() > MAX_SUMS) {
            throw new RefusedException(new Refusal.InvalidFields(
                    "before",
                    "RESULT_TOO_LARGE",
                    "the answer has more than %d sums: narrow the range, or group by less".formatted(MAX_SUMS)));
        }
        return sums;
    }

    /** The whole days of a query, {@code [from, before)}; where there are none, both are the query's end. */
    private record Days(Instant from, Instant before) {
        static Days of(Query query) {
            Instant last = query.before().truncatedTo(ChronoUnit.DAYS);
            Instant first = query.from().truncatedTo(ChronoUnit.DAYS);
            Instant next = first.equals(query.from()) ? first : first.plus(1, ChronoUnit.DAYS);
            return query.period() == Period.HOUR || !next.isBefore(last)
                    ? new Days(query.before(), query.before())
                    : new Days(next, last);
        }
    }

    private static String columns(Query query) {
        return Stream.of(Group.values())
                .map(group -> query.groups().contains(group)
                        ? COLUMNS.get(group)
                        : "NULL::" + type(group) + " AS " + COLUMNS.get(group))
                .collect(Collectors.joining(", "));
    }

    private static String type(Group group) {
        return switch (group) {
            case API_KEY -> "uuid";
            case MODULE -> "bytea";
            case STATUS, TIER -> "text";
        };
    }

    private static String groups(Query query) {
        return Stream.concat(
                        Stream.of("1"),
                        query.groups().stream().sorted().map(group -> Integer.toString(group.ordinal() + 2)))
                .collect(Collectors.joining(", "));
    }

    private static Sum sum(ResultSet row) throws SQLException {
        return new Sum(
                row.getObject("period_start", OffsetDateTime.class).toInstant(),
                Optional.ofNullable(row.getObject("api_key_id", UUID.class)),
                Optional.ofNullable(row.getBytes("module_digest")).map(ModuleDigest::ofSha256),
                Optional.ofNullable(row.getString("status"))
                        .map(word -> ExecutionStatus.valueOf(word.toUpperCase(Locale.ROOT))),
                Optional.ofNullable(row.getString("tier")),
                row.getLong("runs"),
                row.getLong("charged"),
                row.getLong("failures"),
                row.getLong("wall_time_us"),
                row.getLong("cpu_time_us"),
                row.getLong("input_bytes"),
                row.getLong("output_bytes"),
                row.getLong("peak_memory_bytes"));
    }
}

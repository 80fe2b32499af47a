package io.wasmwiz.executor.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.usage.UsageSums.Group;
import io.wasmwiz.executor.usage.UsageSums.Period;
import io.wasmwiz.executor.usage.UsageSums.Query;
import io.wasmwiz.executor.usage.UsageSums.Sum;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** With the rights of the executor's role. */
class PostgresUsageSumsIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    private static final Instant START = Instant.parse("2026-02-25T00:00:00Z");
    private static final int HOURS = 8 * 24;

    // Some hours have no rollup of a status, some have none at all.
    private static final String HOUR_ROLLUPS = """
            INSERT INTO usage_rollups
            SELECT account, CAST(:start AS timestamptz) + h * interval '1 hour', NULL,
                   sha256(convert_to(m::text, 'UTF8')), s, 'Free', 1 + (h * 7 + m) % 5, h % 2, h + 1, h + 2, h + 3, m,
                   65536 * (h % 7)
            FROM unnest(ARRAY[:account, :stranger]) AS account, generate_series(0, :hours - 1) AS h,
                 generate_series(1, 2) AS m, unnest(ARRAY['completed', 'failed']) AS s
            WHERE h % 11 > 0 AND (s = 'completed' OR h % 3 = 0)
            """;
    private static final String DAY_ROLLUPS = """
            INSERT INTO usage_day_rollups
            SELECT user_id, (hour AT TIME ZONE 'UTC')::date, api_key_id, module_digest, status, tier, sum(runs), sum(charged),
                   sum(wall_time_us), sum(cpu_time_us), sum(input_bytes), sum(output_bytes), max(peak_memory_bytes)
            FROM usage_rollups GROUP BY 1, 2, 3, 4, 5, 6
            """;
    private static final String SUMS_OF_HOURS = """
            SELECT concat_ws(' ', extract(epoch FROM hours.start)::bigint, status, sum(runs), sum(charged),
                             coalesce(sum(runs) FILTER (WHERE status <> 'completed'), 0), sum(wall_time_us),
                             sum(cpu_time_us), sum(input_bytes), sum(output_bytes), max(peak_memory_bytes))
            FROM (SELECT *, date_trunc(:period, hour, 'UTC') AS start FROM usage_rollups) AS hours
            WHERE user_id = :account AND hour >= :from AND hour < :before
            GROUP BY hours.start, status ORDER BY hours.start, status
            """;

    private final TestDatabase database = POSTGRES.createDatabase();
    private final UsageSums sums = new PostgresUsageSums(database.jdbi("wasmwiz_executor"));
    private final UUID account = database.insertAccount("tenant", "Free");

    @BeforeEach
    void fill() {
        UUID stranger = database.insertAccount("stranger", "Free");
        database.jdbi().useHandle(handle -> {
            handle.createUpdate(HOUR_ROLLUPS)
                    .bind("start", START.atOffset(ZoneOffset.UTC))
                    .bind("account", account)
                    .bind("stranger", stranger)
                    .bind("hours", HOURS)
                    .execute();
            handle.execute(DAY_ROLLUPS);
        });
    }

    @Test
    void areThoseOfTheHoursWhereverARangeBeginsAndEnds() {
        Random random = new Random(3);
        for (int i = 0; i < 60; i++) {
            int from = random.nextInt(HOURS);
            int before = from + 1 + random.nextInt(HOURS - from);
            requireSumsOfHours(from, before);
        }
        requireSumsOfHours(0, HOURS);
        requireSumsOfHours(24, 48);
        requireSumsOfHours(25, 48);
        requireSumsOfHours(24, 47);
        requireSumsOfHours(23, 25);
    }

    private void requireSumsOfHours(int from, int before) {
        for (Period period : Period.values()) {
            Query query = new Query(
                    START.plus(from, ChronoUnit.HOURS),
                    START.plus(before, ChronoUnit.HOURS),
                    period,
                    Set.of(Group.STATUS));
            assertThat(sums.of(account, query).stream().map(PostgresUsageSumsIT::text))
                    .as("%s", query)
                    .containsExactlyElementsOf(sumsOfHours(query));
        }
    }

    private List<String> sumsOfHours(Query query) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery(SUMS_OF_HOURS)
                        .bind("period", query.period().name().toLowerCase(Locale.ROOT))
                        .bind("account", account)
                        .bind("from", OffsetDateTime.ofInstant(query.from(), ZoneOffset.UTC))
                        .bind("before", OffsetDateTime.ofInstant(query.before(), ZoneOffset.UTC))
                        .mapTo(String.class)
                        .list());
    }

    private static String text(Sum sum) {
        return "%d %s %d %d %d %d %d %d %d %d"
                .formatted(
                        sum.periodStart().getEpochSecond(),
                        sum.status().orElseThrow().name().toLowerCase(Locale.ROOT),
                        sum.runs(),
                        sum.charged(),
                        sum.failures(),
                        sum.wallTimeMicros(),
                        sum.cpuTimeMicros(),
                        sum.inputBytes(),
                        sum.outputBytes(),
                        sum.peakMemoryBytes());
    }
}

package io.wasmwiz.metering.reconcile;

import io.wasmwiz.metering.reconcile.Finding.Kind;
import java.time.OffsetDateTime;
import org.jdbi.v3.core.Handle;

/** Rollups beside what they sum up: those of the hour beside their rows, those of the day beside those of their hours. */
final class RollupBooks {
    private static final String HOURS_OF_ROWS = """
            SELECT user_id, date_trunc('hour', admitted_at, 'UTC') AS start, api_key_id, module_digest, status, tier,
                   count(*) AS runs, count(*) FILTER (WHERE charged) AS charged, sum(wall_time_us) AS wall_time_us,
                   sum(cpu_time_us) AS cpu_time_us, sum(input_bytes) AS input_bytes, sum(output_bytes) AS output_bytes,
                   max(peak_memory_bytes) AS peak_memory_bytes
            FROM usage_logs WHERE day BETWEEN :first AND :last
            GROUP BY 1, 2, 3, 4, 5, 6
            """;
    private static final String HOURS = """
            SELECT *, hour AS start FROM usage_rollups
            WHERE hour >= CAST(:first AS date)::timestamp AT TIME ZONE 'UTC' AND (hour AT TIME ZONE 'UTC')::date <= :last
            """;
    private static final String DAYS_OF_HOURS = """
            SELECT user_id, date_trunc('day', hour, 'UTC') AS start, api_key_id, module_digest, status, tier,
                   sum(runs) AS runs, sum(charged) AS charged, sum(wall_time_us) AS wall_time_us,
                   sum(cpu_time_us) AS cpu_time_us, sum(input_bytes) AS input_bytes, sum(output_bytes) AS output_bytes,
                   max(peak_memory_bytes) AS peak_memory_bytes
            FROM (<hours>) h
            GROUP BY 1, 2, 3, 4, 5, 6
            """.replace("<hours>", HOURS);
    private static final String DAYS = """
            SELECT *, day::timestamp AT TIME ZONE 'UTC' AS start FROM usage_day_rollups
            WHERE day BETWEEN :first AND :last
            """;
    private static final String DIFFERENT = """
            SELECT coalesce(r.user_id, s.user_id) AS user_id, coalesce(r.start, s.start) AS start,
                   coalesce(r.api_key_id, s.api_key_id) AS api_key_id,
                   encode(coalesce(r.module_digest, s.module_digest), 'hex') AS module_digest,
                   coalesce(r.status, s.status) AS status, coalesce(r.tier, s.tier) AS tier,
                   CASE WHEN r.user_id IS NULL THEN 'missing'
                        ELSE (r.runs, r.charged, r.wall_time_us, r.cpu_time_us, r.input_bytes, r.output_bytes,
                              r.peak_memory_bytes)::text END AS kept,
                   CASE WHEN s.user_id IS NULL THEN 'nothing'
                        ELSE (s.runs, s.charged, s.wall_time_us, s.cpu_time_us, s.input_bytes, s.output_bytes,
                              s.peak_memory_bytes)::text END AS summed
            FROM (<kept>) r
            FULL JOIN (<sums>) s
              ON r.user_id = s.user_id AND r.start = s.start AND r.module_digest = s.module_digest AND r.status = s.status
             AND r.tier = s.tier
             AND coalesce(r.api_key_id, '00000000-0000-0000-0000-000000000000')
               = coalesce(s.api_key_id, '00000000-0000-0000-0000-000000000000')
            WHERE (r.runs, r.charged, r.wall_time_us, r.cpu_time_us, r.input_bytes, r.output_bytes, r.peak_memory_bytes)
                  IS DISTINCT FROM
                  (s.runs, s.charged, s.wall_time_us, s.cpu_time_us, s.input_bytes, s.output_bytes, s.peak_memory_bytes)
            ORDER BY 1, 2, 3, 4, 5, 6
            """;

    private RollupBooks() {}

    static void compare(Handle handle, Days days, Tally tally) {
        compare(handle, days, tally, "hour", "rows", HOURS, HOURS_OF_ROWS);
        compare(handle, days, tally, "day", "hours", DAYS, DAYS_OF_HOURS);
    }

    private static void compare(
            Handle handle, Days days, Tally tally, String period, String parts, String kept, String sums) {
        handle.createQuery(DIFFERENT.replace("<kept>", kept).replace("<sums>", sums))
                .bind("first", days.first())
                .bind("last", days.last())
                .setFetchSize(Books.FETCHED_ROWS)
                .map((row, context) -> new Finding(
                        Kind.ROLLUP_DIFFERS,
                        "rollup of account %s, %s %s, key %s, module %s, status %s, tier %s"
                                .formatted(
                                        row.getString("user_id"),
                                        period,
                                        row.getObject("start", OffsetDateTime.class)
                                                .toInstant(),
                                        row.getString("api_key_id"),
                                        row.getString("module_digest"),
                                        row.getString("status"),
                                        row.getString("tier")),
                        "(runs, charged, wall time, CPU time, input, output, peak memory) is %s and its %s make %s"
                                .formatted(row.getString("kept"), parts, row.getString("summed"))))
                .forEach(tally::found);
    }
}

package io.wasmwiz.metering.store;

import io.wasmwiz.metering.settle.LedgerRow;
import io.wasmwiz.metering.settle.RollupChange;
import io.wasmwiz.metering.settle.RollupKey;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/**
 * {@code usage_rollups}, {@code usage_day_rollups} and {@code usage_log_extents}: what is derived from a batch's rows, one
 * statement each.
 */
final class PostgresRollups {
    // Rows are locked in the order of the key, so that two transactions cannot wait for each other.
    private static final String ADD = """
            INSERT INTO <rollups> AS r (user_id, <period>, api_key_id, module_digest, status, tier, runs, charged,
                                            wall_time_us, cpu_time_us, input_bytes, output_bytes, peak_memory_bytes)
            SELECT account, <start>, key, decode(digest, 'hex'), status, tier, runs, charged, wall, cpu, input, output, peak
            FROM unnest(:accounts, :starts, :keys, :digests, :statuses, :tiers, :runs, :charged,
                        CAST(:wall AS numeric[]), CAST(:cpu AS numeric[]), CAST(:input AS numeric[]),
                        CAST(:output AS numeric[]), :peak)
                AS u (account, start, key, digest, status, tier, runs, charged, wall, cpu, input, output, peak)
            ORDER BY account, start, key, digest, status, tier
            ON CONFLICT (user_id, <period>, api_key_id, module_digest, status, tier) DO UPDATE
            SET runs = r.runs + excluded.runs,
                charged = r.charged + excluded.charged,
                wall_time_us = r.wall_time_us + excluded.wall_time_us,
                cpu_time_us = r.cpu_time_us + excluded.cpu_time_us,
                input_bytes = r.input_bytes + excluded.input_bytes,
                output_bytes = r.output_bytes + excluded.output_bytes,
                peak_memory_bytes = greatest(r.peak_memory_bytes, excluded.peak_memory_bytes)
            """;
    private static final String ADD_HOURS = ADD.replace("<rollups>", "usage_rollups")
            .replace("<period>", "hour")
            .replace("<start>", "to_timestamp(start)");
    private static final String ADD_DAYS = ADD.replace("<rollups>", "usage_day_rollups")
            .replace("<period>", "day")
            .replace("<start>", "(to_timestamp(start) AT TIME ZONE 'UTC')::date");
    private static final String EXTEND = """
            INSERT INTO usage_log_extents AS e (day, log_generation, log_partition, first_offset, last_offset)
            SELECT date '1970-01-01' + epoch_day, :generation, partition, first, last
            FROM unnest(:days, :partitions, :firsts, :lasts) AS u (epoch_day, partition, first, last)
            ORDER BY epoch_day, partition
            ON CONFLICT (day, log_generation, log_partition) DO UPDATE
            SET first_offset = least(e.first_offset, excluded.first_offset),
                last_offset = greatest(e.last_offset, excluded.last_offset)
            """;

    private record DayAndPartition(int epochDay, int partition) {}

    private record Extent(long first, long last) {
        Extent with(Extent other) {
            return new Extent(Math.min(first, other.first), Math.max(last, other.last));
        }
    }

    private PostgresRollups() {}

    /** Adds new rows to what is derived from them. */
    static void add(Handle handle, short generation, List<LedgerRow> rows) {
        if (rows.isEmpty()) {
            return;
        }
        extend(handle, generation, rows);
        Map<RollupKey, RollupChange> hours = RollupChange.byHour(rows);
        add(handle, ADD_HOURS, hours);
        add(handle, ADD_DAYS, RollupChange.byDay(hours));
    }

    private static void add(Handle handle, String statement, Map<RollupKey, RollupChange> byKey) {
        List<RollupKey> keys = new ArrayList<>(byKey.keySet());
        List<RollupChange> changes = new ArrayList<>(byKey.values());
        handle.createUpdate(statement)
                .bindArray("accounts", UUID.class, array(keys, RollupKey::accountId))
                .bindArray("starts", Long.class, array(keys, key -> key.start().getEpochSecond()))
                .bindArray("keys", UUID.class, array(keys, RollupKey::apiKeyId))
                .bindArray(
                        "digests",
                        String.class,
                        array(
                                keys,
                                key -> HexFormat.of()
                                        .formatHex(key.moduleDigest().array())))
                .bindArray("statuses", String.class, array(keys, RollupKey::status))
                .bindArray("tiers", String.class, array(keys, RollupKey::tier))
                .bindArray("runs", Long.class, array(changes, RollupChange::runs))
                .bindArray("charged", Long.class, array(changes, RollupChange::charged))
                .bindArray("wall", String.class, decimals(changes, RollupChange::wallTimeMicros))
                .bindArray("cpu", String.class, decimals(changes, RollupChange::cpuTimeMicros))
                .bindArray("input", String.class, decimals(changes, RollupChange::inputBytes))
                .bindArray("output", String.class, decimals(changes, RollupChange::outputBytes))
                .bindArray("peak", Long.class, array(changes, RollupChange::peakMemoryBytes))
                .execute();
    }

    private static void extend(Handle handle, short generation, List<LedgerRow> rows) {
        Map<DayAndPartition, Extent> extents = new HashMap<>();
        for (LedgerRow row : rows) {
            extents.merge(
                    new DayAndPartition(
                            Math.toIntExact(row.event().day().toEpochDay()),
                            row.entry().partition()),
                    new Extent(row.entry().offset(), row.entry().offset()),
                    Extent::with);
        }
        List<DayAndPartition> places = new ArrayList<>(extents.keySet());
        List<Extent> ranges = new ArrayList<>(extents.values());
        handle.createUpdate(EXTEND)
                .bind("generation", generation)
                .bindArray("days", Integer.class, array(places, DayAndPartition::epochDay))
                .bindArray("partitions", Integer.class, array(places, DayAndPartition::partition))
                .bindArray("firsts", Long.class, array(ranges, Extent::first))
                .bindArray("lasts", Long.class, array(ranges, Extent::last))
                .execute();
    }

    private static <T> Object[] array(List<T> items, Function<T, ?> figure) {
        return items.stream().map(figure).toArray();
    }

    private static Object[] decimals(List<RollupChange> changes, Function<RollupChange, BigInteger> sum) {
        return array(changes, change -> sum.apply(change).toString());
    }
}

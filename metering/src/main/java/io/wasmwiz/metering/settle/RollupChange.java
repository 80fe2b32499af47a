package io.wasmwiz.metering.settle;

import io.wasmwiz.metering.event.UsageEvent;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a batch adds to a rollup: exact sums, also of figures whose sum passes 64 bits. Not thread-safe. */
public final class RollupChange {
    private long runs;
    private long charged;
    private final Sum wallTimeMicros = new Sum();
    private final Sum cpuTimeMicros = new Sum();
    private final Sum inputBytes = new Sum();
    private final Sum outputBytes = new Sum();
    private long peakMemoryBytes;

    private RollupChange() {}

    /** The sums of {@code rows}, one for each rollup of an hour that they belong to. */
    public static Map<RollupKey, RollupChange> byHour(List<LedgerRow> rows) {
        Map<RollupKey, RollupChange> changes = new LinkedHashMap<>();
        for (LedgerRow row : rows) {
            changes.computeIfAbsent(RollupKey.ofHour(row), key -> new RollupChange())
                    .add(row);
        }
        return changes;
    }

    /** The sums of {@code hours}, one for each rollup of a day that they belong to. */
    public static Map<RollupKey, RollupChange> byDay(Map<RollupKey, RollupChange> hours) {
        Map<RollupKey, RollupChange> changes = new LinkedHashMap<>();
        hours.forEach((hour, change) ->
                changes.computeIfAbsent(hour.ofDay(), key -> new RollupChange()).add(change));
        return changes;
    }

    private void add(LedgerRow row) {
        UsageEvent event = row.event();
        runs++;
        charged += row.isCharged() ? 1 : 0;
        wallTimeMicros.add(event.wallTimeMicros());
        cpuTimeMicros.add(event.cpuTimeMicros());
        inputBytes.add(event.inputBytes());
        outputBytes.add(event.outputBytes());
        peakMemoryBytes = Math.max(peakMemoryBytes, event.peakMemoryBytes());
    }

    private void add(RollupChange other) {
        runs += other.runs;
        charged += other.charged;
        wallTimeMicros.add(other.wallTimeMicros);
        cpuTimeMicros.add(other.cpuTimeMicros);
        inputBytes.add(other.inputBytes);
        outputBytes.add(other.outputBytes);
        peakMemoryBytes = Math.max(peakMemoryBytes, other.peakMemoryBytes);
    }

    public long runs() {
        return runs;
    }

    public long charged() {
        return charged;
    }

    public BigInteger wallTimeMicros() {
        return wallTimeMicros.value();
    }

    public BigInteger cpuTimeMicros() {
        return cpuTimeMicros.value();
    }

    public BigInteger inputBytes() {
        return inputBytes.value();
    }

    public BigInteger outputBytes() {
        return outputBytes.value();
    }

    /** The highest of one run. */
    public long peakMemoryBytes() {
        return peakMemoryBytes;
    }

    /** A sum of longs from 0, which hardly ever needs more than a long. */
    private static final class Sum {
        private BigInteger carried = BigInteger.ZERO;
        private long low;

        void add(long figure) {
            long sum = low + figure;
            if (sum < 0) {
                carried = carried.add(BigInteger.valueOf(low));
                sum = figure;
            }
            low = sum;
        }

        void add(Sum other) {
            carried = carried.add(other.carried);
            add(other.low);
        }

        BigInteger value() {
            return carried.add(BigInteger.valueOf(low));
        }
    }
}

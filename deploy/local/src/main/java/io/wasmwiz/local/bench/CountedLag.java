package io.wasmwiz.local.bench;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Time from a record's acknowledgement to the moment at which the ledger was seen to have it, so at most one look longer than
 * it was. Thread-safe.
 */
final class CountedLag {
    private record Acknowledged(long offset, long nanos) {}

    private final Map<Integer, ArrayDeque<Acknowledged>> waiting = new HashMap<>();
    private final long[] lagsNanos;
    private int count;

    /** Room for {@code records}. */
    CountedLag(int records) {
        this.lagsNanos = new long[records];
    }

    /** A record was acknowledged now. Within a partition in order of offsets. */
    synchronized void acknowledged(int partition, long offset) {
        waiting.computeIfAbsent(partition, p -> new ArrayDeque<>()).add(new Acknowledged(offset, System.nanoTime()));
    }

    /** The ledger has the records of {@code partition} before {@code next}, as was seen at {@code nanos}. */
    synchronized void counted(int partition, long next, long nanos) {
        ArrayDeque<Acknowledged> records = waiting.get(partition);
        while (records != null && !records.isEmpty() && records.peek().offset() < next) {
            lagsNanos[count++] = Math.max(0, nanos - records.remove().nanos());
        }
    }

    /**
     * The first {@code records} of the only partition that was published to were seen at {@code nanos}, whatever their
     * offsets; says whether those were all.
     */
    synchronized boolean countedInOrder(long records, long nanos) {
        for (ArrayDeque<Acknowledged> partition : waiting.values()) {
            while (count < records && !partition.isEmpty()) {
                lagsNanos[count++] = Math.max(0, nanos - partition.remove().nanos());
            }
        }
        return isComplete();
    }

    /** Whether every record was acknowledged and counted. */
    synchronized boolean isComplete() {
        return count == lagsNanos.length;
    }

    /** The lag in ms that {@code share} of the records, 0 to 1, do not exceed; once {@link #isComplete}. */
    synchronized double millisOf(double share) {
        long[] sorted = Arrays.copyOf(lagsNanos, count);
        Arrays.sort(sorted);
        return sorted[(int) Math.min(count - 1L, (long) (share * count))] / 1e6;
    }
}

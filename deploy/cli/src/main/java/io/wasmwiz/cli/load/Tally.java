package io.wasmwiz.cli.load;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * What calls came to: latencies in microseconds (three significant digits, up to ten minutes; longer ones count as that),
 * and counts by status and by reason of failure (64 kinds of each, the rest as {@code OTHER}). Thread-safe.
 */
final class Tally {
    static final long LONGEST_MICROS = 600_000_000;
    private static final int DIGITS = 3;
    private static final int KINDS_AT_MOST = 64;

    private final Histogram replies = new ConcurrentHistogram(LONGEST_MICROS, DIGITS);
    private final Histogram failures = new ConcurrentHistogram(LONGEST_MICROS, DIGITS);
    private final ConcurrentMap<String, LongAdder> statuses = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, LongAdder> reasons = new ConcurrentHashMap<>();
    private final LongAdder notSent = new LongAdder();

    /** A reply came. */
    void replied(long latencyNanos, String status) {
        record(replies, latencyNanos);
        count(statuses, status);
    }

    /** The call failed. */
    void failed(long latencyNanos, String reason) {
        record(failures, latencyNanos);
        count(reasons, reason);
    }

    /** An open loop's call was due and too many were in progress. */
    void notSent() {
        notSent.increment();
    }

    private static void record(Histogram histogram, long latencyNanos) {
        histogram.recordValue(Math.min(LONGEST_MICROS, Math.max(0, latencyNanos / 1_000)));
    }

    private static void count(ConcurrentMap<String, LongAdder> counts, String kind) {
        String bounded = counts.size() < KINDS_AT_MOST || counts.containsKey(kind) ? kind : "OTHER";
        counts.computeIfAbsent(bounded, key -> new LongAdder()).increment();
    }

    /** Latencies of calls that got a reply. */
    Histogram replies() {
        return replies;
    }

    /** Latencies of calls that failed. */
    Histogram failures() {
        return failures;
    }

    Map<String, Long> statuses() {
        return snapshot(statuses);
    }

    Map<String, Long> reasons() {
        return snapshot(reasons);
    }

    long callsNotSent() {
        return notSent.sum();
    }

    /** Calls that ended, either way. */
    long ended() {
        return replies.getTotalCount() + failures.getTotalCount();
    }

    private static Map<String, Long> snapshot(ConcurrentMap<String, LongAdder> counts) {
        Map<String, Long> snapshot = new TreeMap<>();
        counts.forEach((kind, count) -> snapshot.put(kind, count.sum()));
        return snapshot;
    }
}

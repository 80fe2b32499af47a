package io.wasmwiz.local.bench;

/**
 * From a record's acknowledgement to its being seen: in the ledger, or by who follows an export.
 *
 * @param rate records a second that were published
 * @param p50Millis lag that half of them did not exceed
 * @param p99Millis lag that 99 % of them did not exceed
 * @param maxMillis longest lag
 */
record LagFigures(double rate, double p50Millis, double p99Millis, double maxMillis) {
    /** A line that says so, for {@code seen}. */
    String line(String seen) {
        return "acknowledged to %s at %,.0f executions/s: p50 %.0f ms, p99 %.0f ms, longest %.0f ms"
                .formatted(seen, rate, p50Millis, p99Millis, maxMillis);
    }
}

package io.wasmwiz.local.bench;

/**
 * From a record's acknowledgement to its commit in the ledger.
 *
 * @param rate records a second that were published
 * @param p50Millis lag that half of them did not exceed
 * @param p99Millis lag that 99 % of them did not exceed
 * @param maxMillis longest lag
 */
record LagFigures(double rate, double p50Millis, double p99Millis, double maxMillis) {}

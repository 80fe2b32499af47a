package io.wasmwiz.metering.reconcile;

import java.util.List;

/**
 * What a reconciliation found.
 *
 * @param logRecords records of the log that were read
 * @param rows rows that were compared with the log
 * @param rowsBeyondLog rows older than the log reaches, which were compared with leases and counters only
 * @param leases leases compared
 * @param counters counters compared
 * @param drift disagreements, also those that {@code findings} has no room for
 * @param findings the first of them
 */
public record Report(
        long logRecords,
        long rows,
        long rowsBeyondLog,
        long leases,
        long counters,
        long drift,
        List<Finding> findings) {
    public Report {
        findings = List.copyOf(findings);
    }
}

package io.wasmwiz.metering.reconcile;

import java.util.ArrayList;
import java.util.List;

/** Counts while a reconciliation goes on. Keeps a bounded number of findings. Not thread-safe. */
final class Tally {
    private final int maxFindings;
    private final List<Finding> findings = new ArrayList<>();
    private long drift;
    private long logRecords;
    private long rows;
    private long rowsBeyondLog;
    private long leases;
    private long counters;

    Tally(int maxFindings) {
        this.maxFindings = maxFindings;
    }

    void found(Finding finding) {
        drift++;
        if (findings.size() < maxFindings) {
            findings.add(finding);
        }
    }

    void readRecord() {
        logRecords++;
    }

    void comparedRow() {
        rows++;
    }

    void skippedRow() {
        rowsBeyondLog++;
    }

    void comparedLeases(long count) {
        leases += count;
    }

    void comparedCounters(long count) {
        counters += count;
    }

    Report report() {
        return new Report(logRecords, rows, rowsBeyondLog, leases, counters, drift, findings);
    }
}

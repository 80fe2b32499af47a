package io.wasmwiz.metering.reconcile;

import java.time.Duration;

/** The end of a reconciliation's time. */
record Deadline(long startedNanos, Duration timeout) {
    void check() throws ReconcileTimeoutException {
        if (System.nanoTime() - startedNanos > timeout.toNanos()) {
            throw new ReconcileTimeoutException(timeout);
        }
    }
}

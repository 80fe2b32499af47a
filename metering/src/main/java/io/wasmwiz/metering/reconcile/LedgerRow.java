package io.wasmwiz.metering.reconcile;

import org.jspecify.annotations.Nullable;

/**
 * A row of {@code usage_logs} and where it says that it comes from.
 *
 * @param ofThisLog whether that is the topic that has the name now, and not one before it
 */
record LedgerRow(
        boolean ofThisLog,
        int partition,
        long offset,
        ExecutionFacts facts,
        boolean charged,
        @Nullable String unchargedCause) {
    /** In words for operators. */
    String charge() {
        return charged ? "charged" : "not charged (" + unchargedCause + ")";
    }
}

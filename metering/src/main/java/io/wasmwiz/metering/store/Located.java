package io.wasmwiz.metering.store;

import io.wasmwiz.metering.settle.RetentionFloor;

/** Whether a batch starts where the ledger ends, by positions that are locked until the transaction's end. */
sealed interface Located {
    /**
     * It does.
     *
     * @param generation number of the topic in {@code log_topics}
     * @param retention what the batch may still write
     */
    record Here(short generation, RetentionFloor retention) implements Located {}

    /** It does not. */
    record Elsewhere(WriteOutcome outcome) implements Located {}
}

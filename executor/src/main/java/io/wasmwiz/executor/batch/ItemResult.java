package io.wasmwiz.executor.batch;

import io.wasmwiz.executor.execution.Outcome;

/** What became of an item. */
public record ItemResult(String itemId, Outcome outcome) {
    /** Bytes of guest output in it. */
    int outputBytes() {
        return outcome instanceof Outcome.Completed completed
                ? completed.stdout().length + completed.stderr().length
                : 0;
    }
}

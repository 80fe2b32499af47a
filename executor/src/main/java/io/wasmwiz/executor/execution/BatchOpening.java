package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.refusal.Refusal;

/** What opening a batch came to. */
public sealed interface BatchOpening {
    /** Items may run; to be closed by whoever asked for it. */
    record Opened(BatchExecution batch) implements BatchOpening {}

    /** None may. */
    record Refused(Refusal refusal) implements BatchOpening {}
}

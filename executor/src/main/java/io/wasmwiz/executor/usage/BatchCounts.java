package io.wasmwiz.executor.usage;

import io.wasmwiz.executor.execution.ExecutionStatus;
import java.time.Instant;
import java.util.Map;

/**
 * What a batch has come to on the ledger.
 *
 * @param openedAt when it was opened first
 * @param runs by how they ended
 * @param reruns uncharged runs of charged items
 */
public record BatchCounts(Instant openedAt, Map<ExecutionStatus, Count> runs, long reruns) {
    public BatchCounts {
        runs = Map.copyOf(runs);
    }

    /** Runs, and the charged ones among them. */
    public record Count(long executions, long charged) {}

    /** Charged runs. */
    public long charged() {
        return runs.values().stream().mapToLong(Count::charged).sum();
    }
}

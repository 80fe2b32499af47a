package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.sandbox.RunResult;

/** How an execution ended; the words of {@code usage_logs.status} in upper case. */
public enum ExecutionStatus {
    COMPLETED,
    FAILED,
    TRAPPED,
    TIMED_OUT,
    CANCELLED,
    MEMORY_LIMIT,
    SANDBOX_CRASHED;

    /** The status of a run: an abnormal end after a refused memory growth is laid to memory. */
    public static ExecutionStatus of(RunResult.Ran ran) {
        boolean grewTooFar = ran.refusedGrowths() > 0;
        if (ran.end() instanceof RunResult.End.Exited exited) {
            return exited.code() == 0 ? COMPLETED : grewTooFar ? MEMORY_LIMIT : FAILED;
        }
        if (ran.end() instanceof RunResult.End.Trapped) {
            return grewTooFar ? MEMORY_LIMIT : TRAPPED;
        }
        if (ran.end() instanceof RunResult.End.TimedOut) {
            return TIMED_OUT;
        }
        return ran.end() instanceof RunResult.End.Cancelled ? CANCELLED : SANDBOX_CRASHED;
    }
}

package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.sandbox.RunResult;

/** How an execution ended; the words of {@code usage_logs.status} in upper case. */
public enum ExecutionStatus {
    COMPLETED(Charging.ALWAYS),
    FAILED(Charging.ALWAYS),
    TRAPPED(Charging.ALWAYS),
    TIMED_OUT(Charging.ALWAYS),
    CANCELLED(Charging.ALWAYS),
    MEMORY_LIMIT(Charging.ALWAYS),
    SANDBOX_CRASHED(Charging.BEYOND_FREE_CRASHES);

    /** When a run that ended so costs a unit of its account's day. What never ran has no status and costs nothing. */
    public enum Charging {
        /** It ran on the guest's account. */
        ALWAYS,
        /** Our own fault as long as it is rare: after an account's free crashes of a day, or crashing would be free. */
        BEYOND_FREE_CRASHES
    }

    private final Charging charging;

    ExecutionStatus(Charging charging) {
        this.charging = charging;
    }

    /** When such a run is charged. */
    public Charging charging() {
        return charging;
    }

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

package io.wasmwiz.executor.sandbox;

import java.util.List;

/** What came of a run. */
public sealed interface RunResult {
    /**
     * It started, on the guest's account.
     *
     * @param end how it ended
     * @param refusedGrowths memory growths beyond the limit that the guest was refused
     * @param stdout standard output as far as it was kept
     * @param stderr standard error as far as it was kept
     * @param stdoutTruncated whether there was more
     * @param stderrTruncated whether there was more
     * @param outputLost whether output was lost because the process had to be killed
     * @param usage what it took
     */
    record Ran(
            End end,
            int refusedGrowths,
            byte[] stdout,
            byte[] stderr,
            boolean stdoutTruncated,
            boolean stderrTruncated,
            boolean outputLost,
            RunUsage usage)
            implements RunResult {}

    /** It never started: nothing is charged. */
    record Refused(Cause cause, String message) implements RunResult {}

    /** Why a run never started. */
    enum Cause {
        /** The queue before the sandbox is full. */
        QUEUE_FULL,
        /** As many runs of its account wait as may. */
        ACCOUNT_QUEUE_FULL,
        /** Its {@link StartConditions#startByNanos} passed before it started. */
        START_BY_PASSED,
        /** It was cancelled while it waited. */
        CANCELLED,
        /** The engine does not take the module. */
        MODULE_REJECTED,
        /** {@link StartConditions#mayStart} said no. */
        MAY_NOT_START,
        /** The sandbox is closing. */
        CLOSED
    }

    /** How a started run ended. */
    sealed interface End {
        /**
         * The guest returned or called {@code proc_exit}.
         *
         * @param code 0 to 255; 0 when it returned
         * @param results what the invoked function returned; empty for a command and after {@code proc_exit}
         */
        record Exited(int code, List<Value> results) implements End {
            public Exited {
                results = List.copyOf(results);
            }

            /** Without results. */
            public Exited(int code) {
                this(code, List.of());
            }
        }

        /**
         * The guest trapped.
         *
         * @param kind why
         * @param detail in words, without host internals
         * @param backtrace the guest's functions on the stack, innermost first: at most 33 lines without control
         *     characters, one of which may say how many were left out; empty when the engine has none
         */
        record Trapped(TrapKind kind, String detail, List<String> backtrace) implements End {
            public Trapped {
                backtrace = List.copyOf(backtrace);
            }

            /** A trap without a backtrace. */
            public Trapped(TrapKind kind, String detail) {
                this(kind, detail, List.of());
            }
        }

        /** Stopped at its run time. */
        record TimedOut() implements End {}

        /** Stopped by {@link SandboxRun#cancel}. */
        record Cancelled() implements End {}

        /** The sandbox died under it. */
        record Crashed(String detail) implements End {}
    }
}

package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.sandbox.Value;
import java.util.List;

/** What a caller is told. */
public sealed interface Outcome {
    /**
     * It ran, whatever the guest did, and its event is durable.
     *
     * @param stdout standard output as far as it was kept; shared, must not be changed
     * @param stderr standard error as far as it was kept; shared, must not be changed
     * @param message for the module's author, at most 1,024 characters, empty when it completed
     * @param backtrace the guest's functions on the stack of a trap, as {@code RunResult.End.Trapped} has them, else empty
     * @param results what the invoked function returned; empty unless it returned
     * @param receipt what it cost
     * @param isRepeat whether the execution was charged for an earlier run of the same request: this one cost nothing
     */
    record Completed(
            byte[] stdout,
            byte[] stderr,
            boolean stdoutTruncated,
            boolean stderrTruncated,
            String message,
            List<String> backtrace,
            List<Value> results,
            Receipt receipt,
            boolean isRepeat)
            implements Outcome {
        /** The same answer, given again. */
        Completed repeated() {
            return new Completed(
                    stdout, stderr, stdoutTruncated, stderrTruncated, message, backtrace, results, receipt, true);
        }

        /** Without guest output. */
        @Override
        public String toString() {
            return "Completed[receipt=" + receipt + "]";
        }
    }

    /** Nothing ran, or ({@link Refusal.OutcomeUnknown}) it is not known whether its event is durable. */
    record Refused(Refusal refusal) implements Outcome {}
}

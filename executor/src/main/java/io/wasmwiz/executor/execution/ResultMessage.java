package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunResult;

/** Says in a sentence how a run ended, for the module's author. Stateless. */
final class ResultMessage {
    /** Characters at most; {@code ExecuteResponse.message} promises it. */
    static final int MAX_CHARACTERS = 1024;

    private ResultMessage() {}

    static String of(RunResult.Ran ran, RunLimits limits) {
        String end = end(ran.end(), limits);
        if (ExecutionStatus.of(ran) == ExecutionStatus.MEMORY_LIMIT) {
            end = "%s, after %d refused growths of memory past its limit of %d bytes"
                    .formatted(end, ran.refusedGrowths(), (long) limits.memoryPages() * RunLimits.PAGE_BYTES);
        }
        return end.length() <= MAX_CHARACTERS ? end : end.substring(0, MAX_CHARACTERS);
    }

    private static String end(RunResult.End end, RunLimits limits) {
        if (end instanceof RunResult.End.Exited exited) {
            return exited.code() == 0 ? "" : "the module exited with code " + exited.code();
        }
        if (end instanceof RunResult.End.Trapped trapped) {
            return "the module trapped: " + trapped.detail();
        }
        if (end instanceof RunResult.End.TimedOut) {
            return "the module was stopped at its run time limit of "
                    + limits.runTime().toMillis() + " ms";
        }
        return end instanceof RunResult.End.Cancelled
                ? "the module was stopped because its call was cancelled or its deadline passed"
                : "the sandbox ended unexpectedly under the module; its output is lost";
    }
}

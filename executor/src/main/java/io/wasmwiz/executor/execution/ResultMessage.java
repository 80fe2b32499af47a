package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.TrapKind;

/** Says how a run ended and what the module's author can do about it. Stateless. */
final class ResultMessage {
    /** Characters at most; {@code ExecuteResponse.message} promises it. */
    static final int MAX_CHARACTERS = 1024;

    private ResultMessage() {}

    /** Empty when it completed. */
    static String of(RunResult.Ran ran, RunLimits limits) {
        String message = ExecutionStatus.of(ran) == ExecutionStatus.MEMORY_LIMIT
                ? memoryLimit(ran, limits)
                : message(ran.end(), limits);
        return message.length() <= MAX_CHARACTERS ? message : message.substring(0, MAX_CHARACTERS);
    }

    private static String memoryLimit(RunResult.Ran ran, RunLimits limits) {
        String end = ran.end() instanceof End.Trapped trapped
                ? "trapped (" + trapped.detail() + ")"
                : "exited with code " + ((End.Exited) ran.end()).code();
        return "the module %s after %d refused growths of memory past its limit of %d bytes; use less memory, or raise"
                        .formatted(end, ran.refusedGrowths(), (long) limits.memoryPages() * RunLimits.PAGE_BYTES)
                + " limits.memory_bytes as far as the tier allows";
    }

    private static String message(End end, RunLimits limits) {
        if (end instanceof End.Exited exited) {
            return exited.code() == 0
                    ? ""
                    : "the module exited with code " + exited.code() + "; its standard error may say why";
        }
        if (end instanceof End.Trapped trapped) {
            return "the module trapped: " + trapped.detail() + "; " + advice(trapped.kind());
        }
        if (end instanceof End.TimedOut) {
            return "the module was stopped at its run time limit of "
                    + limits.runTime().toMillis()
                    + " ms; do less in one run, or raise limits.run_time as far as the tier allows";
        }
        return end instanceof End.Cancelled
                ? "the module was stopped because its call was cancelled or its deadline passed; wait longer for it, or"
                        + " lower limits.run_time to what the call can wait"
                : "the sandbox ended unexpectedly under the module and its output is lost; try again, and if this module"
                        + " does it every time, build it with another compiler version or optimisation level";
    }

    private static String advice(TrapKind kind) {
        return switch (kind) {
            case UNREACHABLE ->
                "it ended itself, as a panic, a failed assertion or abort() does; its standard error may say why";
            case STACK_OVERFLOW ->
                "its calls nest too deeply for a stack of 512 KiB; bound the recursion, or move large locals to the heap";
            case MEMORY_OUT_OF_BOUNDS ->
                "it used an address past its linear memory; look for a wild pointer, an index out of range or an"
                        + " allocation whose failure was not checked";
            case TABLE_OUT_OF_BOUNDS ->
                "it used a function table past its end; look for a function pointer that was overwritten or cast";
            case INDIRECT_CALL_TO_NULL -> "it called a null function pointer; look for a callback that was never set";
            case BAD_SIGNATURE ->
                "it called a function pointer as another type than its function has; look for casts between function"
                        + " types and for declarations that differ between files";
            case INTEGER_OVERFLOW ->
                "it divided the smallest integer by -1, or converted a number that is too large to an integer; check the"
                        + " operands, or build with saturating conversions";
            case INTEGER_DIVISION_BY_ZERO -> "check the divisor before the division";
            case BAD_CONVERSION_TO_INTEGER ->
                "it converted NaN to an integer; check for NaN first, or build with saturating conversions";
            case HEAP_MISALIGNED -> "align what atomic instructions access";
            case INSTANTIATION ->
                "its data or element segments do not fit its first memory or table; link it with a larger initial"
                        + " memory, or build it anew";
            case OTHER -> "run it in another engine to see more";
        };
    }
}

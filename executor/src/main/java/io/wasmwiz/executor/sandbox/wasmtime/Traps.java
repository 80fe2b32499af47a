package io.wasmwiz.executor.sandbox.wasmtime;

import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.TrapKind;
import io.wasmwiz.executor.wasm.SandboxModule;
import io.wasmwiz.executor.wasm.TrapOperands.ElementState;
import io.wasmwiz.executor.wasm.TrapOperands.Operand;
import io.wasmwiz.executor.wasm.TrappedInstruction;
import io.wasmwiz.executor.wasm.TrappedInstruction.Cause;

/**
 * What the engine's traps mean. Its binding gives either a trap's kind or its backtrace; we take the backtrace and read
 * the kind from the instruction that it ends in.
 */
final class Traps {
    /** What can be asked of a guest's instance after it trapped. */
    interface Remains {
        /** The operand that the last instruction of this kind left; see {@code TrapOperands}. */
        Number operand(Operand operand);

        /** What an indirect call finds. */
        ElementState element(int table, int element);
    }

    /** The end of a run that the engine broke off without an exit: a stop or a trap. */
    static End end(String message, SandboxModule module, Worker.Stop stop, Remains remains) {
        Backtrace backtrace = Backtrace.of(message, module);
        TrappedInstruction instruction = TrappedInstruction.at(
                module, backtrace.isInGuest() ? backtrace.offset().orElse(-1) : -1);
        // A guest may have trapped right before it was stopped, so its own instruction comes first.
        if (stop != Worker.Stop.NONE && instruction.cause() == Cause.NONE) {
            return stop == Worker.Stop.CANCELLED ? new End.Cancelled() : new End.TimedOut();
        }
        TrapKind kind = backtrace.isPresent() && backtrace.offset().isEmpty()
                ? TrapKind.STACK_OVERFLOW
                : kind(instruction, module.keepsOperands(), remains);
        String detail = kind == TrapKind.OTHER && !backtrace.isPresent() ? EngineText.plain(message) : words(kind);
        return new End.Trapped(kind, detail, backtrace.lines());
    }

    private static TrapKind kind(TrappedInstruction instruction, boolean knowsOperands, Remains remains) {
        return switch (instruction.cause()) {
            case UNREACHABLE -> TrapKind.UNREACHABLE;
            case MEMORY_BOUNDS -> TrapKind.MEMORY_OUT_OF_BOUNDS;
            case TABLE_BOUNDS -> TrapKind.TABLE_OUT_OF_BOUNDS;
            case DIVISION_BY_ZERO -> TrapKind.INTEGER_DIVISION_BY_ZERO;
            case SIGNED_DIVISION_I32, SIGNED_DIVISION_I64, CONVERSION_F32, CONVERSION_F64, INDIRECT_CALL ->
                knowsOperands ? kindByOperand(instruction, remains) : TrapKind.OTHER;
            case NONE -> TrapKind.OTHER;
        };
    }

    private static TrapKind kindByOperand(TrappedInstruction instruction, Remains remains) {
        return switch (instruction.cause()) {
            case SIGNED_DIVISION_I32 -> division(remains.operand(Operand.I32));
            case SIGNED_DIVISION_I64 -> division(remains.operand(Operand.I64));
            case CONVERSION_F32 -> conversion(remains.operand(Operand.F32));
            case CONVERSION_F64 -> conversion(remains.operand(Operand.F64));
            default ->
                switch (remains.element(
                        instruction.table(), remains.operand(Operand.I32).intValue())) {
                    case BEYOND_THE_TABLE -> TrapKind.TABLE_OUT_OF_BOUNDS;
                    case NULL -> TrapKind.INDIRECT_CALL_TO_NULL;
                    case A_FUNCTION -> TrapKind.BAD_SIGNATURE;
                };
        };
    }

    private static TrapKind division(Number divisor) {
        return divisor.longValue() == 0 ? TrapKind.INTEGER_DIVISION_BY_ZERO : TrapKind.INTEGER_OVERFLOW;
    }

    private static TrapKind conversion(Number converted) {
        return Double.isNaN(converted.doubleValue()) ? TrapKind.BAD_CONVERSION_TO_INTEGER : TrapKind.INTEGER_OVERFLOW;
    }

    private static String words(TrapKind kind) {
        return switch (kind) {
            case UNREACHABLE -> "unreachable instruction executed";
            case STACK_OVERFLOW -> "call stack exhausted";
            case MEMORY_OUT_OF_BOUNDS -> "out of bounds memory access";
            case TABLE_OUT_OF_BOUNDS -> "out of bounds table access";
            case INDIRECT_CALL_TO_NULL -> "indirect call to a null element";
            case BAD_SIGNATURE -> "indirect call with another type";
            case INTEGER_OVERFLOW -> "integer overflow";
            case INTEGER_DIVISION_BY_ZERO -> "integer divide by zero";
            case BAD_CONVERSION_TO_INTEGER -> "invalid conversion to integer";
            case HEAP_MISALIGNED -> "misaligned atomic access";
            case INSTANTIATION -> "instantiation failed";
            case OTHER -> "a trap whose kind the engine does not tell";
        };
    }

    private Traps() {}
}

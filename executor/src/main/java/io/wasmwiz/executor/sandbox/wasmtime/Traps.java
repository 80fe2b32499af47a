package io.wasmwiz.executor.sandbox.wasmtime;

import io.github.kawamuray.wasmtime.Trap;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.TrapKind;
import java.nio.ByteBuffer;

/** What the engine's traps mean. */
final class Traps {
    /** The end of a run that trapped: an exit and a stop are traps to the engine, too. */
    static End end(Trap trap, Worker.Stop stop, ByteBuffer buffer) {
        if (RunBuffer.hasExited(buffer)) {
            return new End.Exited(RunBuffer.exitCode(buffer));
        }
        if (trap == Trap.INTERRUPT) {
            return stop == Worker.Stop.CANCELLED ? new End.Cancelled() : new End.TimedOut();
        }
        return switch (trap) {
            case UNREACHABLE_CODE_REACHED -> trapped(TrapKind.UNREACHABLE, "unreachable instruction executed");
            case STACK_OVERFLOW -> trapped(TrapKind.STACK_OVERFLOW, "call stack exhausted");
            case MEMORY_OUT_OF_BOUNDS -> trapped(TrapKind.MEMORY_OUT_OF_BOUNDS, "out of bounds memory access");
            case TABLE_OUT_OF_BOUNDS -> trapped(TrapKind.TABLE_OUT_OF_BOUNDS, "out of bounds table access");
            case INDIRECT_CALL_TO_NULL -> trapped(TrapKind.INDIRECT_CALL_TO_NULL, "indirect call to a null element");
            case BAD_SIGNATURE -> trapped(TrapKind.BAD_SIGNATURE, "indirect call with another type");
            case INTEGER_OVERFLOW -> trapped(TrapKind.INTEGER_OVERFLOW, "integer overflow");
            case INTEGER_DIVISION_BY_ZERO -> trapped(TrapKind.INTEGER_DIVISION_BY_ZERO, "integer divide by zero");
            case BAD_CONVERSION_TO_INTEGER ->
                trapped(TrapKind.BAD_CONVERSION_TO_INTEGER, "invalid conversion to integer");
            case HEAP_MISALIGNED -> trapped(TrapKind.HEAP_MISALIGNED, "misaligned atomic access");
            default -> trapped(TrapKind.OTHER, "the engine reports " + trap.name());
        };
    }

    private static End trapped(TrapKind kind, String detail) {
        return new End.Trapped(kind, detail);
    }

    private Traps() {}
}

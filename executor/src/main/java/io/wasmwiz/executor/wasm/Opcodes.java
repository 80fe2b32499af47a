package io.wasmwiz.executor.wasm;

import org.jspecify.annotations.Nullable;

/** The instructions that the rewrite and the reading of traps know by their first byte. */
final class Opcodes {
    static final int CALL_INDIRECT = 0x11;
    static final int MEMORY_GROW = 0x40;
    static final int I32_DIV_S = 0x6d;
    static final int I64_DIV_S = 0x7f;

    /**
     * The type of the topmost operand of an instruction that traps for several reasons, between which only that operand
     * decides; null for every other instruction.
     */
    static TrapOperands.@Nullable Operand operandOf(int opcode) {
        return switch (opcode) {
            case CALL_INDIRECT, I32_DIV_S -> TrapOperands.Operand.I32;
            case I64_DIV_S -> TrapOperands.Operand.I64;
            case 0xa8, 0xa9, 0xae, 0xaf -> TrapOperands.Operand.F32;
            case 0xaa, 0xab, 0xb0, 0xb1 -> TrapOperands.Operand.F64;
            default -> null;
        };
    }

    private Opcodes() {}
}

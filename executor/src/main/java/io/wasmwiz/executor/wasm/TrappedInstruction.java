package io.wasmwiz.executor.wasm;

/**
 * The instruction at which a module trapped.
 *
 * @param cause why it traps, as far as the instruction itself tells
 * @param table the table of an {@code INDIRECT_CALL}, else 0
 */
public record TrappedInstruction(Cause cause, int table) {
    /** What an instruction traps for. */
    public enum Cause {
        UNREACHABLE,
        MEMORY_BOUNDS,
        TABLE_BOUNDS,
        DIVISION_BY_ZERO,
        /** By zero, or it overflows: its operand decides. */
        SIGNED_DIVISION_I32,
        SIGNED_DIVISION_I64,
        /** Of a number out of range or of no number: its operand decides. */
        CONVERSION_F32,
        CONVERSION_F64,
        /** The element decides. */
        INDIRECT_CALL,
        /** It does not trap by itself. */
        NONE
    }

    /**
     * Reads the instruction of a module that the engine accepted.
     *
     * @param offset of the instruction in {@code module}; {@code NONE} when it lies outside of its functions, or at a
     *     function's first byte, which comes before its instructions and stands for the entry to it
     */
    public static TrappedInstruction at(SandboxModule module, int offset) {
        try {
            return offset >= 0 && isWithinBody(module.bytes(), offset)
                    ? read(new WasmReader(module.bytes(), offset))
                    : new TrappedInstruction(Cause.NONE, 0);
        } catch (ModuleRefusedException e) {
            return new TrappedInstruction(Cause.NONE, 0);
        }
    }

    private static boolean isWithinBody(byte[] module, int offset) throws ModuleRefusedException {
        var file = new WasmReader(module, ModuleHeader.BYTES);
        while (file.remaining() > 0) {
            boolean isCode = file.u8() == 10;
            WasmReader section = file.sized();
            if (isCode && offset < section.end()) {
                section.u32();
                while (section.remaining() > 0) {
                    WasmReader body = section.sized();
                    if (offset < body.end()) {
                        return offset > body.position();
                    }
                }
            }
        }
        return false;
    }

    private static TrappedInstruction read(WasmReader in) throws ModuleRefusedException {
        int opcode = in.u8();
        if (opcode == Opcodes.CALL_INDIRECT) {
            in.u32();
            return new TrappedInstruction(Cause.INDIRECT_CALL, (int) in.u32());
        }
        return new TrappedInstruction(opcode == 0xfc ? ofPrefixed(in.u32()) : of(opcode), 0);
    }

    private static Cause of(int opcode) {
        if (opcode >= 0x28 && opcode <= 0x3e) {
            return Cause.MEMORY_BOUNDS;
        }
        return switch (opcode) {
            case 0x00 -> Cause.UNREACHABLE;
            case 0x25, 0x26 -> Cause.TABLE_BOUNDS;
            case Opcodes.I32_DIV_S -> Cause.SIGNED_DIVISION_I32;
            case Opcodes.I64_DIV_S -> Cause.SIGNED_DIVISION_I64;
            case 0x6e, 0x6f, 0x70, 0x80, 0x81, 0x82 -> Cause.DIVISION_BY_ZERO;
            case 0xa8, 0xa9, 0xae, 0xaf -> Cause.CONVERSION_F32;
            case 0xaa, 0xab, 0xb0, 0xb1 -> Cause.CONVERSION_F64;
            default -> Cause.NONE;
        };
    }

    private static Cause ofPrefixed(long opcode) {
        return switch ((int) opcode) {
            case 8, 10, 11 -> Cause.MEMORY_BOUNDS;
            case 12, 14, 17 -> Cause.TABLE_BOUNDS;
            default -> Cause.NONE;
        };
    }
}

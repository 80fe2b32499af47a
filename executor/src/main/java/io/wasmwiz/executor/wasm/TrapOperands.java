package io.wasmwiz.executor.wasm;

import io.wasmwiz.executor.wasm.ParsedModule.Limits;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * What tells the reasons of a trap apart. A signed division, a conversion to an integer and an indirect call trap for
 * several reasons at one place, so each leaves its topmost operand in a global before it runs: one store, which the
 * compiler does not have to read back. One global per type is enough, since nothing runs between the two.
 *
 * <p>An indirect call also needs to know what lies in the table: an appended function says it.
 */
public final class TrapOperands {
    /** Exported function: state of an element, see {@link ElementState}. Parameters: table and element, both i32. */
    public static final String ELEMENT_STATE = "element_state";

    /** Exports that a module with operands has. */
    static final int EXPORTS = Operand.values().length + 1;

    private final ParsedModule module;
    private final int firstGlobal;

    /** The types an operand can have; each has an exported mutable global. */
    public enum Operand {
        I32(0x7f, 0x41, 1),
        I64(0x7e, 0x42, 1),
        F32(0x7d, 0x43, 4),
        F64(0x7c, 0x44, 8);

        private final int type;
        private final int constant;
        private final int constantBytes;

        Operand(int type, int constant, int constantBytes) {
            this.type = type;
            this.constant = constant;
            this.constantBytes = constantBytes;
        }

        /** The export's name. */
        public String exportName() {
            return "operand_" + name().toLowerCase(Locale.ROOT);
        }
    }

    /** What an indirect call finds at an element, in the order of the numbers that the function returns. */
    public enum ElementState {
        BEYOND_THE_TABLE,
        NULL,
        A_FUNCTION
    }

    private TrapOperands(ParsedModule module, int firstGlobal) {
        this.module = module;
        this.firstGlobal = firstGlobal;
    }

    /** For modules that have such an instruction. */
    static Optional<TrapOperands> of(ParsedModule module, int firstGlobal) {
        boolean any = Arrays.stream(module.bodies().sites())
                .anyMatch(site -> Opcodes.operandOf(module.bytes()[site] & 0xff) != null);
        return any ? Optional.of(new TrapOperands(module, firstGlobal)) : Optional.empty();
    }

    List<WasmWriter> globals() {
        return Arrays.stream(Operand.values())
                .map(operand -> new WasmWriter(16)
                        .bytes(operand.type, 1, operand.constant)
                        .bytes(new int[operand.constantBytes])
                        .bytes(0x0b))
                .toList();
    }

    void export(WasmWriter section, int function) {
        for (Operand operand : Operand.values()) {
            section.name(operand.exportName()).bytes(3).u32(global(operand));
        }
        section.name(ELEMENT_STATE).bytes(0).u32(function);
    }

    /** {@code global.set} and {@code global.get} before the instruction. */
    void keep(WasmWriter body, int opcode) {
        int global = global(Objects.requireNonNull(Opcodes.operandOf(opcode)));
        body.bytes(0x24).u32(global).bytes(0x23).u32(global);
    }

    private int global(Operand operand) {
        return firstGlobal + operand.ordinal();
    }

    /**
     * For every table that indirect calls may use, and {@code A_FUNCTION} for anything else:
     *
     * <pre>{@code
     * (func (param i32 i32) (result i32)
     *   (if (i32.eq (local.get 0) (i32.const table))
     *     (then
     *       (if (i32.ge_u (local.get 1) (table.size table)) (then (return (i32.const 0))))
     *       (if (ref.is_null (table.get table (local.get 1))) (then (return (i32.const 1))))))
     *   (i32.const 2))
     * }</pre>
     */
    WasmWriter elementState() {
        var body = new WasmWriter(64).bytes(0);
        for (int table = 0; table < module.tables().size(); table++) {
            Limits limits = module.tables().get(table);
            if (limits.element() == 'r') {
                body.bytes(0x20, 0, 0x41).s64(table).bytes(0x46, 0x04, 0x40);
                body.bytes(0x20, 1, 0xfc).u32(16).u32(table).bytes(0x4f, 0x04, 0x40, 0x41, 0, 0x0f, 0x0b);
                body.bytes(0x20, 1, 0x25).u32(table).bytes(0xd1, 0x04, 0x40, 0x41, 1, 0x0f, 0x0b, 0x0b);
            }
        }
        return body.bytes(0x41, 2, 0x0b);
    }
}

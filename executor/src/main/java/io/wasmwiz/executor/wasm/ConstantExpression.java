package io.wasmwiz.executor.wasm;

/**
 * Checks the expressions that initialise globals, elements and offsets: one constant of the right type. The
 * specification also has imported globals there, and none can be imported here.
 */
final class ConstantExpression {
    /** Passes over an expression that must give a value of type {@code expected}, a letter. */
    static void check(WasmReader in, ModuleSpaces spaces, char expected) throws ModuleRefusedException {
        int start = in.position();
        char actual = ' ';
        for (int constants = 0; ; constants++) {
            int at = in.position();
            int opcode = in.u8();
            if (opcode == 0x0b) {
                if (constants != 1) {
                    throw in.malformedAt(
                            start, "a constant expression has " + constants + " instructions; it must have 1");
                }
                if (actual != expected) {
                    throw in.malformedAt(
                            start,
                            "a constant expression gives an " + ValueTypes.word(actual) + " where an "
                                    + ValueTypes.word(expected) + " must stand");
                }
                return;
            }
            actual = constant(in, spaces, at, opcode);
        }
    }

    private static char constant(WasmReader in, ModuleSpaces spaces, int at, int opcode) throws ModuleRefusedException {
        switch (opcode) {
            case 0x41 -> {
                in.signed(32);
                return 'i';
            }
            case 0x42 -> {
                in.signed(64);
                return 'I';
            }
            case 0x43 -> {
                in.skip(4);
                return 'f';
            }
            case 0x44 -> {
                in.skip(8);
                return 'F';
            }
            case 0xd0 -> {
                return ValueTypes.reference(in);
            }
            case 0xd2 -> {
                spaces.declared.set(in.index("function", spaces.functions.size()));
                return 'r';
            }
            case 0x23 ->
                throw in.malformedAt(
                        at,
                        "a constant expression reads a global; only imported ones may stand there, and there are none");
            case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e -> throw Features.refused("extended constant expressions", at);
            default -> {
                String feature = Features.ofOpcode(opcode);
                throw feature == null
                        ? in.malformedAt(at, "an instruction that is not constant initialises something")
                        : Features.refused(feature, at);
            }
        }
    }

    private ConstantExpression() {}
}

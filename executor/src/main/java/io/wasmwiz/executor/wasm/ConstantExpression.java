package io.wasmwiz.executor.wasm;

/** Passes over the expressions that initialise globals, elements and offsets. */
final class ConstantExpression {
    static void skip(WasmReader in, int functions, int globals) throws ModuleRefusedException {
        while (true) {
            int at = in.position();
            int opcode = in.u8();
            switch (opcode) {
                case 0x0b -> {
                    return;
                }
                case 0x23 -> in.index("global", globals);
                case 0x41 -> in.signed(32);
                case 0x42 -> in.signed(64);
                case 0x43 -> in.skip(4);
                case 0x44 -> in.skip(8);
                case 0xd0 -> ValueTypes.reference(in);
                case 0xd2 -> in.index("function", functions);
                case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e -> throw Features.refused("extended constant expressions", at);
                default -> {
                    String feature = Features.ofOpcode(opcode);
                    throw feature == null
                            ? in.malformedAt(at, "an instruction that is not constant initialises something")
                            : Features.refused(feature, at);
                }
            }
        }
    }

    private ConstantExpression() {}
}

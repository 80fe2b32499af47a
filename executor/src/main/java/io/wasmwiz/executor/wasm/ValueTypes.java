package io.wasmwiz.executor.wasm;

/** Decodes value and reference types. */
final class ValueTypes {
    static final int I32 = 0x7f;
    static final int I64 = 0x7e;
    static final int FUNCREF = 0x70;
    static final int EXTERNREF = 0x6f;

    /** A value type as a letter of {@link FunctionType}. */
    static char letter(WasmReader in) throws ModuleRefusedException {
        int at = in.position();
        int type = in.u8();
        return switch (type) {
            case I32 -> 'i';
            case I64 -> 'I';
            case 0x7d -> 'f';
            case 0x7c -> 'F';
            case FUNCREF -> 'r';
            case EXTERNREF -> 'x';
            default -> throw unknown(in, at, type);
        };
    }

    /** A reference type as a letter of {@link FunctionType}: r or x. */
    static char reference(WasmReader in) throws ModuleRefusedException {
        int at = in.position();
        int type = in.u8();
        return switch (type) {
            case FUNCREF -> 'r';
            case EXTERNREF -> 'x';
            default -> throw unknown(in, at, type);
        };
    }

    /** The byte of a reference type's letter. */
    static int referenceByte(char letter) {
        return letter == 'r' ? FUNCREF : EXTERNREF;
    }

    static boolean isReference(char letter) {
        return letter == 'r' || letter == 'x';
    }

    /** A letter in the text format's words, for messages. */
    static String word(int letter) {
        return switch (letter) {
            case 'i' -> "i32";
            case 'I' -> "i64";
            case 'f' -> "f32";
            case 'F' -> "f64";
            case 'r' -> "funcref";
            default -> "externref";
        };
    }

    private static ModuleRefusedException unknown(WasmReader in, int at, int type) {
        String feature = Features.ofType(type);
        return feature == null
                ? in.malformedAt(at, "the type 0x" + Integer.toHexString(type) + " does not exist or cannot stand here")
                : Features.refused(feature, at);
    }

    private ValueTypes() {}
}

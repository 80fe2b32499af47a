package io.wasmwiz.executor.wasm;

import org.jspecify.annotations.Nullable;

/** Says no to proposals that the sandbox does not run, by name. */
final class Features {
    static final String ALLOWED =
            "WebAssembly 1.0 with sign extension, saturating float-to-int conversion, multi-value,"
                    + " bulk memory and reference types is allowed";

    static ModuleRefusedException refused(String feature, int at) {
        return new ModuleRefusedException(
                        "MODULE_FEATURE_UNSUPPORTED",
                        "the module uses " + feature + " (at byte " + at + "), which is not supported here; " + ALLOWED)
                .at(at)
                .with("feature", feature);
    }

    /** The proposal that owns a first opcode byte we do not run; null for a byte that nothing owns. */
    static @Nullable String ofOpcode(int opcode) {
        return switch (opcode) {
            case 0x06, 0x07, 0x08, 0x09, 0x0a, 0x18, 0x19, 0x1f -> "exception handling";
            case 0x12, 0x13 -> "tail calls";
            case 0x14, 0x15, 0xd4, 0xd5, 0xd6 -> "typed function references";
            case 0xd3, 0xfb -> "garbage collection";
            case 0xfd -> "SIMD (v128 instructions)";
            case 0xfe -> "threads (atomic instructions)";
            default -> null;
        };
    }

    /** The proposal that owns a value type's byte we do not run; null for a byte that nothing owns. */
    static @Nullable String ofType(int type) {
        return switch (type) {
            case 0x7b -> "SIMD (the type v128)";
            case 0x69, 0x74 -> "exception handling (the type exnref)";
            case 0x78, 0x77, 0x73, 0x72, 0x71, 0x6e, 0x6d, 0x6c, 0x6b, 0x6a, 0x5e, 0x5f, 0x50, 0x4f, 0x4e ->
                "garbage collection types";
            case 0x64, 0x63 -> "typed function references";
            default -> null;
        };
    }

    private Features() {}
}

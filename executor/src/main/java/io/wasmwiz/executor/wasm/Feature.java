package io.wasmwiz.executor.wasm;

import java.util.Locale;

/** A part of WebAssembly 2.0 beyond 1.0 that we run, by the name of its proposal. */
enum Feature {
    SIGN_EXTENSION,
    SATURATING_FLOAT_TO_INT,
    MULTI_VALUE,
    BULK_MEMORY,
    REFERENCE_TYPES;

    /** For people, in lower case with hyphens. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

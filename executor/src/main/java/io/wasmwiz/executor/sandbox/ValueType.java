package io.wasmwiz.executor.sandbox;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Types of the numbers that an invocation takes and returns. */
public enum ValueType {
    I32,
    I64,
    F32,
    F64;

    /** Of its {@link #word}. */
    public static Optional<ValueType> of(String word) {
        return Arrays.stream(values()).filter(type -> type.word().equals(word)).findFirst();
    }

    /** What the text format calls it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package io.wasmwiz.executor.sandbox;

/** Why a guest trapped, after the execution rules of the WebAssembly core specification. */
public enum TrapKind {
    UNREACHABLE,
    STACK_OVERFLOW,
    MEMORY_OUT_OF_BOUNDS,
    TABLE_OUT_OF_BOUNDS,
    INDIRECT_CALL_TO_NULL,
    BAD_SIGNATURE,
    INTEGER_OVERFLOW,
    INTEGER_DIVISION_BY_ZERO,
    BAD_CONVERSION_TO_INTEGER,
    HEAP_MISALIGNED,
    /** The module could not be instantiated, for example because a data segment lies outside of its memory. */
    INSTANTIATION,
    /** A kind that the engine knows and we do not. */
    OTHER
}

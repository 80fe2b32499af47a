package io.wasmwiz.executor.admission;

/** An allowance that can be spent, apart from concurrency. */
enum Dimension {
    /** The account's UTC day. */
    DAY,
    /** The account's UTC minute. */
    MINUTE,
    /** The UTC day of a key with a lower limit than its tier's. */
    KEY_DAY,
    /** The UTC minute of a key with a lower limit than its tier's. */
    KEY_MINUTE
}

package io.wasmwiz.executor.sandbox.process;

/**
 * What the executor and a sandbox process tell each other over the process's standard streams. On the wire: the bytes
 * that follow (4), the kind's ordinal (1), the job's number (8), the body; numbers are big-endian.
 */
enum Frame {
    // From the executor.
    /** A module's bytes, which later frames name by account and digest. */
    MODULE,
    RUN,
    COMPILE,
    /** Stop the run wherever it is. */
    CANCEL,
    /** Give the run back unless it started. */
    RECALL,

    // From the process.
    /** It takes jobs now. */
    READY,
    /** The guest's code may be executed from now on. */
    STARTED,
    /** The run ended or was refused. */
    RESULT,
    COMPILATION,
    /** The run was recalled in time. */
    NOT_STARTED,
    /** The module is not at hand (any more); the run did not start. */
    MODULE_UNKNOWN;

    static final int HEADER_BYTES = 1 + Long.BYTES;

    private static final Frame[] KINDS = values();

    /** Null when there is no such kind. */
    static @org.jspecify.annotations.Nullable Frame of(int ordinal) {
        return ordinal >= 0 && ordinal < KINDS.length ? KINDS[ordinal] : null;
    }
}

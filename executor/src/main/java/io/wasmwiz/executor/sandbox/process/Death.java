package io.wasmwiz.executor.sandbox.process;

/**
 * How a process ended.
 *
 * @param cause one of few words, for metrics
 * @param detail for people; says nothing of the host
 */
record Death(String cause, String detail) {
    /** Why we killed it; {@link #NONE} when we did not. */
    enum Kill {
        NONE,
        TIMED_OUT,
        /** As {@link #TIMED_OUT}, and the machine had next to no processor time for it. */
        STARVED,
        CANCELLED,
        STUCK_LOADING,
        STUCK_STARTING,
        BAD_FRAME,
        RETIRED,
        CLOSED
    }

    private static final int SIGNAL_BASE = 128;
    private static final int SIGKILL = 9;
    private static final String KILLED_FROM_OUTSIDE = "sigkill";

    /** Whether something else than we and the process ended it, which may have had nothing to do with what it did. */
    boolean isFromOutside() {
        return cause.equals(KILLED_FROM_OUTSIDE);
    }

    static Death of(Kill kill, int exitCode) {
        return switch (kill) {
            case TIMED_OUT -> new Death("killed_timed_out", "it did not stop in time and was killed");
            case STARVED -> new Death("killed_starved", "it had too little processor time to end and was killed");
            case CANCELLED -> new Death("killed_cancelled", "it did not stop when cancelled and was killed");
            case STUCK_LOADING -> new Death("killed_loading", "it took too long to load the module and was killed");
            case STUCK_STARTING -> new Death("killed_starting", "it took too long to start and was killed");
            case BAD_FRAME -> new Death("killed_bad_frame", "it answered nonsense and was killed");
            case RETIRED -> new Death("retired", "it was not needed any more");
            case CLOSED -> new Death("closed", "the executor closed it");
            case NONE -> byItself(exitCode);
        };
    }

    private static Death byItself(int exitCode) {
        return switch (exitCode - SIGNAL_BASE) {
            case 6 -> new Death("abort", "the engine aborted (SIGABRT)");
            case SIGKILL ->
                new Death(
                        KILLED_FROM_OUTSIDE,
                        "it was killed from outside (SIGKILL), for example because memory ran out");
            case 4, 7, 8, 11 -> new Death("fault", "the engine crashed (signal " + (exitCode - SIGNAL_BASE) + ")");
            default -> new Death("exit", "it ended with exit code " + exitCode);
        };
    }
}

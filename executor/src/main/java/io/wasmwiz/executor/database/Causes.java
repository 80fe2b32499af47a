package io.wasmwiz.executor.database;

/** What to log of a failed statement. Stateless. */
public final class Causes {
    private static final int MAX_DEPTH = 20;

    private Causes() {}

    /**
     * The innermost cause in one line. Not the outer ones: Jdbi's messages repeat the statement with its arguments, which
     * may be hashes of keys.
     */
    public static String innermost(Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause.getCause() != null && depth < MAX_DEPTH; depth++) {
            cause = cause.getCause();
        }
        return cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }
}

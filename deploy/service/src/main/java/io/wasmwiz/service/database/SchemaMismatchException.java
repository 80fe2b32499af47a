package io.wasmwiz.service.database;

/** The database cannot serve this build; the message says what to do. */
public final class SchemaMismatchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SchemaMismatchException(String message) {
        super(message);
    }
}

package io.wasmwiz.embedded;

/** An embedded server cannot run; the message says why and, where that is known, what to do. Holds no secret. */
public final class EmbeddedServerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public EmbeddedServerException(String message) {
        super(message);
    }

    public EmbeddedServerException(String message, Throwable cause) {
        super(message, cause);
    }
}

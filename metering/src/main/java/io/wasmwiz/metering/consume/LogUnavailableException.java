package io.wasmwiz.metering.consume;

/** The brokers do not answer, or not as they should. Worth repeating. */
public final class LogUnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    LogUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.wasmwiz.executor.events;

/** The log cannot take records; the message names the topic or the brokers and is for operators. */
public final class LogUnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    LogUnavailableException(String message) {
        super(message);
    }

    LogUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}

package io.wasmwiz.metering.consume;

import org.jspecify.annotations.Nullable;

/** The brokers do not answer, or not as they should. Worth repeating. */
public final class LogUnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    public LogUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

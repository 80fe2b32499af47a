package io.wasmwiz.executor.wasm;

/**
 * A module breaks a rule. Checked, because hostile bytes are no surprise here; without a stack trace, because refusing
 * them must be cheap.
 */
public final class ModuleRefusedException extends Exception {
    private static final int MESSAGE_CHARACTERS = 1_024;

    private final String reason;

    /**
     * A refusal.
     *
     * @param reason stable UPPER_SNAKE word
     * @param message what is wrong, where, and what is allowed; cut at 1,024 characters
     */
    ModuleRefusedException(String reason, String message) {
        super(
                message.length() > MESSAGE_CHARACTERS ? message.substring(0, MESSAGE_CHARACTERS) : message,
                null,
                false,
                false);
        this.reason = reason;
    }

    /** Stable UPPER_SNAKE word for programs. */
    public String reason() {
        return reason;
    }

    /** For the module's author; at most 1,024 characters. */
    public String message() {
        return String.valueOf(getMessage());
    }
}

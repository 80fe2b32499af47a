package io.wasmwiz.executor.wasm;

import java.util.Map;
import java.util.TreeMap;

/**
 * A module breaks a rule. Checked, because hostile bytes are no surprise here; without a stack trace, because refusing
 * them must be cheap. Immutable.
 */
public final class ModuleRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private static final int MESSAGE_CHARACTERS = 1_024;
    private static final int FIGURE_CHARACTERS = 128;

    private final String reason;
    private final transient Map<String, String> figures;

    /**
     * A refusal.
     *
     * @param reason stable UPPER_SNAKE word
     * @param message what is wrong, where, and what is allowed; cut at 1,024 characters
     */
    ModuleRefusedException(String reason, String message) {
        this(reason, message, Map.of());
    }

    private ModuleRefusedException(String reason, String message, Map<String, String> figures) {
        super(cut(message, MESSAGE_CHARACTERS), null, false, false);
        this.reason = reason;
        this.figures = figures;
    }

    /** The same with a figure for programs, cut at 128 characters. */
    ModuleRefusedException with(String key, Object value) {
        var more = new TreeMap<>(figures);
        more.put(key, cut(value.toString(), FIGURE_CHARACTERS));
        return new ModuleRefusedException(reason, message(), Map.copyOf(more));
    }

    /** The same for something that lies at a byte of the module. */
    ModuleRefusedException at(long offset) {
        return with("offset", offset);
    }

    /** The same for a bound that was passed. */
    ModuleRefusedException beyond(long actual, long limit) {
        return with("actual", actual).with("limit", limit);
    }

    private static String cut(String text, int characters) {
        return text.length() > characters ? text.substring(0, characters) : text;
    }

    /** Stable UPPER_SNAKE word for programs. */
    public String reason() {
        return reason;
    }

    /** For the module's author; at most 1,024 characters. */
    public String message() {
        return String.valueOf(getMessage());
    }

    /**
     * What the message says, for programs: {@code offset} in bytes, {@code actual} and {@code limit} of a bound,
     * {@code function} as an index, {@code feature}, {@code import}; at most 8, each at most 128 characters.
     */
    public Map<String, String> figures() {
        return figures;
    }
}

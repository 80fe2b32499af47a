package io.wasmwiz.cli.text;

import java.util.Map;

/**
 * Colour, for terminals whose owner did not set {@code NO_COLOR} (no-color.org) or {@code TERM=dumb}.
 *
 * @param coloured whether to write escape sequences at all
 */
public record Style(boolean coloured) {
    private static final String RESET = "\u001b[0m";

    /** For a stream that is a terminal or not. */
    public static Style of(boolean isTerminal, Map<String, String> environment) {
        return new Style(isTerminal
                && environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !"dumb".equals(environment.get("TERM")));
    }

    public String red(String text) {
        return paint("\u001b[31m", text);
    }

    public String green(String text) {
        return paint("\u001b[32m", text);
    }

    public String yellow(String text) {
        return paint("\u001b[33m", text);
    }

    public String faint(String text) {
        return paint("\u001b[2m", text);
    }

    private String paint(String sequence, String text) {
        return coloured ? sequence + text + RESET : text;
    }
}

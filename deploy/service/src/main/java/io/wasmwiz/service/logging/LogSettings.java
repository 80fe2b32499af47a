package io.wasmwiz.service.logging;

import io.wasmwiz.service.config.Problems;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How a process logs, from the environment.
 *
 * @param format {@code WASMWIZ_LOG_FORMAT}: {@code text} (default) or {@code json}
 * @param level {@code WASMWIZ_LOG_LEVEL} of our own code: {@code TRACE} to {@code ERROR}, default {@code INFO}
 * @param libraryLevel level of everything else: {@code WARN}, less where a person watches
 */
record LogSettings(String format, String level, String libraryLevel) {
    private static final List<String> FORMATS = List.of("text", "json");
    private static final List<String> LEVELS = List.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR");

    /** Of this process; a quiet one logs warnings of ours and errors of others. */
    static LogSettings of(Map<String, String> environment, boolean quiet) {
        return new LogSettings(
                environment.getOrDefault("WASMWIZ_LOG_FORMAT", "text").toLowerCase(Locale.ROOT),
                environment
                        .getOrDefault("WASMWIZ_LOG_LEVEL", quiet ? "WARN" : "INFO")
                        .toUpperCase(Locale.ROOT),
                quiet && !environment.containsKey("WASMWIZ_LOG_LEVEL") ? "ERROR" : "WARN");
    }

    /** Notes what is wrong with them. */
    void check(Problems problems) {
        problems.require(FORMATS.contains(format), "WASMWIZ_LOG_FORMAT must be text or json, was %s", format);
        problems.require(LEVELS.contains(level), "WASMWIZ_LOG_LEVEL must be one of %s, was %s", LEVELS, level);
    }

    boolean json() {
        return format.equals("json");
    }
}

package io.wasmwiz.cli.text;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations and byte sizes as people type and read them. */
public final class Units {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,6})?)(us|ms|s|m|h)");

    private Units() {}

    /**
     * Parses {@code 500ms}, {@code 1.5s}, {@code 2m} or {@code 1h}.
     *
     * @throws IllegalArgumentException for anything else, or zero; the message says what is allowed
     */
    public static Duration parseDuration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'%s' is not a duration: a number and a unit (us, ms, s, m or h) are expected, for example 500ms, 5s or 2m"
                            .formatted(Printable.line(text)));
        }
        long unitMicros = switch (matcher.group(2)) {
            case "us" -> 1L;
            case "ms" -> 1_000L;
            case "s" -> 1_000_000L;
            case "m" -> 60_000_000L;
            default -> 3_600_000_000L;
        };
        long micros = new java.math.BigDecimal(matcher.group(1))
                .multiply(java.math.BigDecimal.valueOf(unitMicros))
                .longValue();
        if (micros == 0) {
            throw new IllegalArgumentException("a duration must be more than zero");
        }
        return Duration.of(micros, java.time.temporal.ChronoUnit.MICROS);
    }

    /** See {@link #micros(double)}. */
    public static String micros(long micros) {
        return micros((double) micros);
    }

    /** For example {@code 870 µs}, {@code 12.3 ms} or {@code 2.50 s}. */
    public static String micros(double micros) {
        if (micros < 1_000) {
            return String.format(Locale.ROOT, "%.0f µs", micros);
        }
        return micros < 1_000_000
                ? String.format(Locale.ROOT, "%.1f ms", micros / 1_000)
                : String.format(Locale.ROOT, "%.2f s", micros / 1_000_000);
    }

    /** For example {@code 472 B}, {@code 63.1 KiB} or {@code 1.5 MiB}. */
    public static String bytes(long bytes) {
        if (bytes < 1_024) {
            return bytes + " B";
        }
        return bytes < 1_048_576
                ? String.format(Locale.ROOT, "%.1f KiB", bytes / 1_024.0)
                : String.format(Locale.ROOT, "%.1f MiB", bytes / 1_048_576.0);
    }

    /** {@code count} with its noun: {@code 1 module}, {@code 2 modules}. */
    public static String count(long count, String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }
}

package io.wasmwiz.cli.text;

import java.util.Arrays;

/** Charts of a line each, made of block characters. */
public final class Chart {
    private static final String LEVELS = "▁▂▃▄▅▆▇█";
    private static final String PARTS = " ▏▎▍▌▋▊▉";

    private Chart() {}

    /** A column a value, as high as it is in proportion to the largest; a point for 0. */
    public static String columns(long[] values) {
        long largest = Arrays.stream(values).max().orElse(0);
        StringBuilder chart = new StringBuilder();
        for (long value : values) {
            chart.append(value <= 0 ? '·' : LEVELS.charAt((int) Math.ceil(8.0 * value / largest) - 1));
        }
        return chart.toString();
    }

    /** A bar of up to {@code width} characters, as long as {@code value} is in proportion to {@code largest}. */
    public static String bar(long value, long largest, int width) {
        if (value <= 0 || largest <= 0) {
            return "";
        }
        int eighths = Math.max(1, (int) Math.round(8.0 * width * value / largest));
        String whole = "█".repeat(eighths / 8);
        return eighths % 8 == 0 ? whole : whole + PARTS.charAt(eighths % 8);
    }
}

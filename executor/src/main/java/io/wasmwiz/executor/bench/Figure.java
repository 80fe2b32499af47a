package io.wasmwiz.executor.bench;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * One line of the table.
 *
 * @param name what was measured
 * @param value measured, in {@code unit}
 * @param floor the least that it could be, measured in the same run; NaN when there is none
 * @param floorName what the floor is
 */
public record Figure(String name, double value, String unit, double floor, String floorName) {
    /** One without a floor. */
    public static Figure of(String name, double value, String unit) {
        return new Figure(name, value, unit, Double.NaN, "");
    }

    /** Whether there is one. */
    public boolean hasFloor() {
        return !Double.isNaN(floor);
    }

    /** A line each, for people. */
    public static String table(List<Figure> figures) {
        var table =
                new StringBuilder("%-76s %12s %12s %7s  %s%n".formatted("", "measured", "floor", "ratio", "floor is"));
        figures.forEach(figure -> table.append(figure.line()));
        return table.toString();
    }

    private String line() {
        String measured = String.format(Locale.ROOT, "%.1f %s", value, unit);
        return hasFloor()
                ? String.format(
                        Locale.ROOT,
                        "%-76s %12s %12s %7.2f  %s%n",
                        name,
                        measured,
                        "%.1f %s".formatted(floor, unit),
                        value / floor,
                        floorName)
                : String.format(Locale.ROOT, "%-76s %12s%n", name, measured);
    }

    /** A JSON array of objects; no name needs escaping. */
    public static String json(List<Figure> figures) {
        return figures.stream()
                .map(figure -> String.format(
                        Locale.ROOT,
                        "  {\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\", \"floor\": %s, \"floor_name\": \"%s\"}",
                        figure.name,
                        figure.value,
                        figure.unit,
                        figure.hasFloor() ? String.format(Locale.ROOT, "%.3f", figure.floor) : "null",
                        figure.floorName))
                .collect(Collectors.joining(",\n", "[\n", "\n]\n"));
    }
}

package io.wasmwiz.cli.load;

import com.google.gson.JsonObject;
import io.wasmwiz.cli.text.Json;
import io.wasmwiz.cli.text.Units;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What a load came to.
 *
 * @param elapsed from the first call's due time to the last call's end
 * @param cpuMicros processor time by process during the load
 */
record LoadReport(LoadMode mode, LoadPlan plan, Tally tally, Duration elapsed, Map<String, Long> cpuMicros) {
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99};

    double repliesPerSecond() {
        return tally.replies().getTotalCount() / seconds();
    }

    private double seconds() {
        return Math.max(1, elapsed.toNanos()) / 1e9;
    }

    private double cpuMicrosPerCall(long micros) {
        return (double) micros / Math.max(1, tally.ended());
    }

    private String loop() {
        if (plan.isOpenLoop()) {
            return format("open, %.1f calls/s due, latency from when a call was due", plan.ratePerSecond());
        }
        return mode == LoadMode.BATCH
                ? format("one stream, %d items at once, latency from when an item was made", plan.inFlight())
                : format("closed, %d at once, latency from when a call was sent", plan.inFlight());
    }

    /** For people. */
    void print(PrintStream out) {
        out.println("loop         " + loop());
        out.println(format(
                "calls        %d replies, %d failed, %d not sent, in %.2f s: %.1f replies/s",
                tally.replies().getTotalCount(),
                tally.failures().getTotalCount(),
                tally.callsNotSent(),
                seconds(),
                repliesPerSecond()));
        printCounts(out, "status", tally.statuses());
        printCounts(out, "failure", tally.reasons());
        printLatencies(out, "latency", tally.replies());
        printLatencies(out, "of failures", tally.failures());
        cpuMicros.forEach((name, micros) -> out.println(format(
                "CPU          %s: %.1f µs per call, %.2f cores",
                name, cpuMicrosPerCall(micros), micros / 1e6 / seconds())));
        if (tally.callsNotSent() > 0) {
            out.println(format(
                    "warning      %d calls were due while %d were in progress and are in no latency",
                    tally.callsNotSent(), plan.inFlight()));
        }
    }

    private static void printCounts(PrintStream out, String label, Map<String, Long> counts) {
        counts.forEach((kind, count) -> out.println(format("%-12s %s: %d", label, kind, count)));
    }

    private static void printLatencies(PrintStream out, String label, Histogram histogram) {
        if (histogram.getTotalCount() == 0) {
            return;
        }
        StringBuilder line = new StringBuilder(format("%-12s", label));
        for (double percentile : PERCENTILES) {
            line.append(" p").append(name(percentile)).append(' ');
            line.append(Units.micros(histogram.getValueAtPercentile(percentile)))
                    .append(',');
        }
        line.append(" max ").append(Units.micros(histogram.getMaxValue()));
        out.println(line.append(", mean ").append(Units.micros(histogram.getMean())));
    }

    /** For programs; names carry their units. */
    String json(@Nullable LedgerCheck check) {
        JsonObject json = new JsonObject();
        json.addProperty("mode", mode.text());
        json.addProperty("loop", plan.isOpenLoop() ? "open" : "closed");
        if (plan.isOpenLoop()) {
            json.addProperty("due_per_second", plan.ratePerSecond());
        }
        json.addProperty("in_flight_limit", plan.inFlight());
        json.addProperty("elapsed_seconds", seconds());
        json.addProperty("replies", tally.replies().getTotalCount());
        json.addProperty("failures", tally.failures().getTotalCount());
        json.addProperty("not_sent", tally.callsNotSent());
        json.addProperty("replies_per_second", repliesPerSecond());
        json.add("statuses", counts(tally.statuses()));
        json.add("failures_by_reason", counts(tally.reasons()));
        json.add("latency_us", latencies(tally.replies()));
        json.add("failure_latency_us", latencies(tally.failures()));
        JsonObject cpu = new JsonObject();
        cpuMicros.forEach((name, micros) -> cpu.addProperty(name, cpuMicrosPerCall(micros)));
        json.add("cpu_us_per_call", cpu);
        if (check != null) {
            json.add("verification", check.json());
        }
        return Json.print(json);
    }

    private static JsonObject counts(Map<String, Long> counts) {
        JsonObject json = new JsonObject();
        counts.forEach(json::addProperty);
        return json;
    }

    private static JsonObject latencies(Histogram histogram) {
        JsonObject json = new JsonObject();
        if (histogram.getTotalCount() > 0) {
            for (double percentile : PERCENTILES) {
                json.addProperty("p" + name(percentile), histogram.getValueAtPercentile(percentile));
            }
            json.addProperty("max", histogram.getMaxValue());
            json.addProperty("mean", histogram.getMean());
        }
        return json;
    }

    private static String name(double percentile) {
        return String.valueOf(percentile).replaceFirst("\\.0$", "");
    }

    private static String format(String text, Object... arguments) {
        return String.format(Locale.ROOT, text, arguments);
    }
}

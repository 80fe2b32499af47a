package io.wasmwiz.local.bench;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.wasmwiz.embedded.EmbeddedServerException;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A report of {@code wasmwiz load}.
 *
 * @param exitCode 0 unless its verification failed
 */
record LoadResult(int exitCode, JsonObject report) {
    /** Groups of processes, in the order of a run's path, and which names belong to them. */
    private static final Map<String, Predicate<String>> GROUPS = groups();

    private static Map<String, Predicate<String>> groups() {
        Map<String, Predicate<String>> groups = new java.util.LinkedHashMap<>();
        groups.put("client", name -> name.equals("this client"));
        groups.put("executor", name -> name.startsWith("executor"));
        groups.put("sandboxes", name -> name.startsWith("sandbox"));
        groups.put("broker", name -> name.startsWith("broker") || name.equals("controller"));
        groups.put("metering", name -> name.startsWith("metering"));
        groups.put("PostgreSQL", name -> name.equals("postgresql"));
        return groups;
    }

    /** The report; throws when calls failed, since figures beside failures mean nothing. */
    LoadResult requireNoFailure() {
        if (number("failures") > 0 || number("not_sent") > 0) {
            throw new EmbeddedServerException("calls failed: " + report);
        }
        return this;
    }

    double perSecond() {
        return number("replies_per_second");
    }

    double replies() {
        return number("replies");
    }

    double latencyMillis(String percentile) {
        return report.getAsJsonObject("latency_us").get(percentile).getAsDouble() / 1_000;
    }

    /** Processor time of a call by group of processes, in microseconds. */
    Map<String, Double> cpuMicros() {
        Map<String, Double> cpu = new java.util.LinkedHashMap<>();
        JsonObject all = report.getAsJsonObject("cpu_us_per_call");
        GROUPS.forEach((group, belongs) -> cpu.put(
                group,
                all.entrySet().stream()
                        .filter(entry -> belongs.test(entry.getKey()))
                        .map(Map.Entry::getValue)
                        .mapToDouble(JsonElement::getAsDouble)
                        .sum()));
        return cpu;
    }

    /** The same of all together. */
    double allCpuMicros() {
        return cpuMicros().values().stream().mapToDouble(Double::doubleValue).sum();
    }

    private double number(String name) {
        return report.get(name).getAsDouble();
    }
}

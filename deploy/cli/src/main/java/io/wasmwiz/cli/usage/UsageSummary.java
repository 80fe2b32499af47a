package io.wasmwiz.cli.usage;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import io.wasmwiz.cli.text.Chart;
import io.wasmwiz.cli.text.Json;
import io.wasmwiz.cli.text.Table;
import io.wasmwiz.cli.text.Units;
import io.wasmwiz.v1.QueryUsageRequest;
import io.wasmwiz.v1.UsageGroup;
import io.wasmwiz.v1.UsagePeriod;
import io.wasmwiz.v1.UsageServiceGrpc.UsageServiceBlockingStub;
import io.wasmwiz.v1.UsageSum;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * What an account used: today by hour, thirty days by day, and these by module and by status.
 *
 * @param tomorrow end of today, by the server's clock
 */
record UsageSummary(
        Timestamp tomorrow,
        List<UsageSum> hours,
        List<UsageSum> days,
        List<UsageSum> modules,
        List<UsageSum> statuses) {
    private static final int HOURS = 24;
    private static final int DAYS = 30;
    private static final int TOP_MODULES = 5;
    private static final int BAR_CHARACTERS = 24;
    private static final long HOUR_SECONDS = 3_600;
    private static final long DAY_SECONDS = 86_400;

    static UsageSummary read(UsageServiceBlockingStub stub, Timestamp tomorrow) {
        return new UsageSummary(
                tomorrow,
                sums(stub, tomorrow, 1, UsagePeriod.USAGE_PERIOD_HOUR, List.of()),
                sums(stub, tomorrow, DAYS, UsagePeriod.USAGE_PERIOD_DAY, List.of()),
                sums(stub, tomorrow, DAYS, UsagePeriod.USAGE_PERIOD_MONTH, List.of(UsageGroup.USAGE_GROUP_MODULE)),
                sums(stub, tomorrow, DAYS, UsagePeriod.USAGE_PERIOD_MONTH, List.of(UsageGroup.USAGE_GROUP_STATUS)));
    }

    private static List<UsageSum> sums(
            UsageServiceBlockingStub stub, Timestamp before, int days, UsagePeriod period, List<UsageGroup> groups) {
        return stub.queryUsage(QueryUsageRequest.newBuilder()
                        .setFrom(Timestamps.fromSeconds(before.getSeconds() - days * DAY_SECONDS))
                        .setBefore(before)
                        .setPeriod(period)
                        .addAllGroupBy(groups)
                        .build())
                .getSumsList();
    }

    JsonObject json() throws IOException {
        JsonObject json = new JsonObject();
        json.add("today_by_hour", array(hours));
        json.add("days", array(days));
        json.add("modules", array(modules));
        json.add("statuses", array(statuses));
        return json;
    }

    private static JsonArray array(List<UsageSum> sums) throws IOException {
        JsonArray array = new JsonArray();
        for (UsageSum sum : sums) {
            array.add(Json.tree(sum));
        }
        return array;
    }

    void print(PrintStream out) {
        out.println("by hour      %s  %s".formatted(columns(hours, HOURS, HOUR_SECONDS), figures(hours)));
        out.println("30 days      %s  %s".formatted(columns(days, DAYS, DAY_SECONDS), figures(days)));
        Map<String, Total> byModule = totals(modules, UsageSum::getModuleDigest);
        Map<String, Total> byFailure = totals(
                statuses,
                sum -> sum.getFailures() == 0 ? "" : word(sum.getStatus().name()));
        byFailure.remove("");
        long all = days.stream().mapToLong(UsageSum::getRuns).sum();
        print(out, "MODULE", byModule, all, 12);
        print(out, "FAILURE", byFailure, all, Integer.MAX_VALUE);
    }

    private String columns(List<UsageSum> sums, int count, long seconds) {
        long[] runs = new long[count];
        long start = tomorrow.getSeconds() - count * seconds;
        for (UsageSum sum : sums) {
            long column = (sum.getPeriodStart().getSeconds() - start) / seconds;
            if (column >= 0 && column < count) {
                runs[(int) column] += sum.getRuns();
            }
        }
        return Chart.columns(runs);
    }

    private static String figures(List<UsageSum> sums) {
        long runs = sums.stream().mapToLong(UsageSum::getRuns).sum();
        long charged = sums.stream().mapToLong(UsageSum::getCharged).sum();
        long failures = sums.stream().mapToLong(UsageSum::getFailures).sum();
        long cpu = sums.stream().mapToLong(UsageSum::getCpuTimeUs).sum();
        return "%,d runs, %,d charged, %,d failed, %s of CPU".formatted(runs, charged, failures, Units.micros(cpu));
    }

    private record Total(long runs, long cpuMicros) {
        Total plus(Total other) {
            return new Total(runs + other.runs, cpuMicros + other.cpuMicros);
        }
    }

    private static Map<String, Total> totals(List<UsageSum> sums, Function<UsageSum, String> group) {
        Map<String, Total> totals = new HashMap<>();
        sums.forEach(sum -> totals.merge(group.apply(sum), new Total(sum.getRuns(), sum.getCpuTimeUs()), Total::plus));
        return totals;
    }

    private static void print(PrintStream out, String title, Map<String, Total> totals, long all, int nameLength) {
        if (totals.isEmpty()) {
            return;
        }
        List<Map.Entry<String, Total>> top = new ArrayList<>(totals.entrySet());
        top.sort(Comparator.comparing(
                        (Map.Entry<String, Total> entry) -> -entry.getValue().runs())
                .thenComparing(Map.Entry::getKey));
        long largest = top.get(0).getValue().runs();
        out.println();
        Table table = new Table(title, "RUNS", "OF ALL", "CPU", "");
        for (Map.Entry<String, Total> entry : top.subList(0, Math.min(TOP_MODULES, top.size()))) {
            Total total = entry.getValue();
            String name = entry.getKey();
            table.row(
                    name.substring(0, Math.min(nameLength, name.length())),
                    "%,d".formatted(total.runs()),
                    String.format(Locale.ROOT, "%.1f %%", 100.0 * total.runs() / Math.max(1, all)),
                    Units.micros(total.cpuMicros()),
                    Chart.bar(total.runs(), largest, BAR_CHARACTERS));
        }
        table.print(out);
    }

    private static String word(String status) {
        return status.replace("EXECUTION_STATUS_", "").toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}

package io.wasmwiz.local.bench;

import com.google.gson.JsonObject;
import io.wasmwiz.embedded.EmbeddedKafka;
import io.wasmwiz.embedded.EmbeddedPostgres;
import io.wasmwiz.embedded.EmbeddedPostgresConfig;
import io.wasmwiz.embedded.FileTrees;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.config.Problems;
import io.wasmwiz.v1.UsageGroup;
import io.wasmwiz.v1.UsagePeriod;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Rows a second from the ledger to a client, beside bare binary COPY of the same rows; queries; and what follows live. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description =
                "Exports thirty days of one account through gRPC, and reads the very same rows by bare binary COPY."
                        + " Both alternate; the median counts. Then asks QueryUsage for the thirty days, and last follows executions"
                        + " that are published at a given rate, from their acknowledgement to the client.")
final class ExportBenchCommand implements Callable<Integer> {
    private static final String ROW = "%-7s  %16s  %16s  %7s  %14s%n";
    private static final int QUERIES = 200;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--rows", defaultValue = "5000000", description = "Executions, 1,000 to 100,000,000.")
    private long rows;

    @Option(names = "--rounds", defaultValue = "3", description = "Rounds that count, 1 to 100.")
    private int rounds;

    @Option(names = "--warm-up-rounds", defaultValue = "1", description = "Rounds before them, 0 to 100.")
    private int warmUpRounds;

    @Option(names = "--follow-rate", defaultValue = "1000", description = "Executions a second, 1 to 100,000.")
    private int followRate;

    @Option(names = "--follow-seconds", defaultValue = "20", description = "Time of following, 0 (none) to 600.")
    private int followSeconds;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Problems problems = new Problems();
        problems.requireRange("--rows", rows, 1_000, 100_000_000);
        problems.requireRange("--rounds", rounds, 1, 100);
        problems.requireRange("--warm-up-rounds", warmUpRounds, 0, 100);
        problems.requireRange("--follow-rate", followRate, 1, 100_000);
        problems.requireRange("--follow-seconds", followSeconds, 0, 600);
        problems.check();
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        Path directory = Files.createTempDirectory("wasmwiz-bench-");
        JsonObject report = new JsonObject();
        report.addProperty("rows", rows);
        try (Closer closer = new Closer()) {
            closer.add(() -> FileTrees.delete(directory));
            EmbeddedPostgres postgres = closer.add(
                    EmbeddedPostgres.start(EmbeddedPostgresConfig.of(directory.resolve("postgresql"), "bench")));
            EmbeddedKafka kafka = closer.add(EmbeddedKafka.start(directory.resolve("kafka"), 0));
            ExportBench bench =
                    closer.add(ExportBench.open(postgres, kafka, rows, (long) followRate * followSeconds + 1));
            export(bench, out, report);
            query(bench, out, report);
            if (followSeconds > 0) {
                follow(bench, out, report);
            }
        }
        if (json) {
            out.println(report);
        }
        return 0;
    }

    private void export(ExportBench bench, PrintWriter out, JsonObject report) throws Exception {
        List<ExportFigures> figures = new ArrayList<>();
        if (!json) {
            out.printf(ROW, "ROUND", "EXPORTED ROWS/S", "BARE COPY ROWS/S", "RATIO", "LIVE HEAP MIB");
        }
        double before = Heap.collectedMib();
        double heap = before;
        for (int round = 1 - warmUpRounds; round <= rounds; round++) {
            ExportFigures figure = bench.round();
            heap = Heap.collectedMib();
            if (round > 0) {
                figures.add(figure);
            }
            print(out, round > 0 ? String.valueOf(round) : "warm-up", figure, heap);
        }
        ExportFigures median = new ExportFigures(
                Median.of(figures, ExportFigures::exported),
                Median.of(figures, ExportFigures::copied),
                Median.of(figures, ExportFigures::ratio));
        print(out, "median", median, heap);
        report.addProperty("exported_rows_per_second", Math.round(median.exported()));
        report.addProperty("copied_rows_per_second", Math.round(median.copied()));
        report.addProperty("ratio", Math.round(median.ratio() * 1_000) / 1_000.0);
        report.addProperty("live_heap_mib_before", Math.round(before));
        report.addProperty("live_heap_mib_after", Math.round(heap));
    }

    private void query(ExportBench bench, PrintWriter out, JsonObject report) {
        bench.queryMillis(QUERIES, 0.5, UsagePeriod.USAGE_PERIOD_DAY, List.of());
        double days = bench.queryMillis(QUERIES, 0.99, UsagePeriod.USAGE_PERIOD_DAY, List.of());
        double groups = bench.queryMillis(
                QUERIES,
                0.99,
                UsagePeriod.USAGE_PERIOD_DAY,
                List.of(UsageGroup.USAGE_GROUP_MODULE, UsageGroup.USAGE_GROUP_STATUS));
        report.addProperty("query_by_day_p99_ms", days);
        report.addProperty("query_by_day_module_status_p99_ms", groups);
        if (!json) {
            out.printf(
                    "QueryUsage over 30 days, p99 of %d: by day %.1f ms; by day, module and status %.1f ms%n",
                    QUERIES, days, groups);
            out.flush();
        }
    }

    private void follow(ExportBench bench, PrintWriter out, JsonObject report) throws Exception {
        LagFigures lag = bench.follow(followRate, followSeconds);
        report.addProperty("follow_rate", Math.round(lag.rate()));
        report.addProperty("follow_p50_ms", lag.p50Millis());
        report.addProperty("follow_p99_ms", lag.p99Millis());
        report.addProperty("follow_max_ms", lag.maxMillis());
        if (!json) {
            out.println(lag.line("exported"));
        }
    }

    private void print(PrintWriter out, String name, ExportFigures figures, double heapMib) {
        if (!json) {
            out.printf(
                    ROW,
                    name,
                    "%,.0f".formatted(figures.exported()),
                    "%,.0f".formatted(figures.copied()),
                    "%.2f".formatted(figures.ratio()),
                    "%.0f".formatted(heapMib));
            out.flush();
        }
    }
}

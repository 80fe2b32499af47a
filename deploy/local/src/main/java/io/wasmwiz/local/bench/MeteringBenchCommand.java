package io.wasmwiz.local.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.wasmwiz.embedded.EmbeddedKafka;
import io.wasmwiz.embedded.EmbeddedPostgres;
import io.wasmwiz.embedded.EmbeddedPostgresConfig;
import io.wasmwiz.embedded.FileTrees;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.config.Problems;
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

/** Records a second from the topic to committed rows, leases and counters, beside bare binary COPY of the same rows. */
@Command(
        name = "metering",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description =
                "Meters records from a real broker into a durable PostgreSQL, then copies the very same rows into the"
                        + " same emptied table by bare binary COPY with a commit a batch. Both alternate; the median"
                        + " counts, without the rounds that warm up. Then publishes half as much a second as was metered,"
                        + " and measures the time from each record's acknowledgement to its commit in the ledger.")
final class MeteringBenchCommand implements Callable<Integer> {
    private static final String ROW = "%-7s  %16s  %16s  %7s%n";

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--records", defaultValue = "200000", description = "Records a round, 1,000 to 10,000,000.")
    private int records;

    @Option(names = "--rounds", defaultValue = "5", description = "Rounds that count, 1 to 100.")
    private int rounds;

    @Option(names = "--warm-up-rounds", defaultValue = "3", description = "Rounds before them, 0 to 100.")
    private int warmUpRounds;

    @Option(
            names = "--lag-seconds",
            defaultValue = "10",
            description = "Time of the lag's measurement, 0 (none) to 600.")
    private int lagSeconds;

    @Option(names = "--accounts", defaultValue = "500", description = "Accounts that they belong to, 1 to 100,000.")
    private int accounts;

    @Option(names = "--max-batch-records", defaultValue = "10000", description = "As for metering, and rows a COPY.")
    private int batch;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Problems problems = new Problems();
        problems.requireRange("--records", records, 1_000, 10_000_000);
        problems.requireRange("--rounds", rounds, 1, 100);
        problems.requireRange("--warm-up-rounds", warmUpRounds, 0, 100);
        problems.requireRange("--lag-seconds", lagSeconds, 0, 600);
        problems.requireRange("--accounts", accounts, 1, 100_000);
        problems.requireRange("--max-batch-records", batch, 1, 100_000);
        problems.check();
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        Path directory = Files.createTempDirectory("wasmwiz-bench-");
        List<MeteringFigures> figures = new ArrayList<>();
        LagFigures lag = null;
        try (Closer closer = new Closer()) {
            closer.add(() -> FileTrees.delete(directory));
            EmbeddedPostgres postgres = closer.add(
                    EmbeddedPostgres.start(EmbeddedPostgresConfig.of(directory.resolve("postgresql"), "bench")));
            EmbeddedKafka kafka = closer.add(EmbeddedKafka.start(directory.resolve("kafka"), 0));
            MeteringBench bench = MeteringBench.prepare(postgres, kafka, records, accounts, batch);
            if (!json) {
                out.printf(ROW, "ROUND", "METERED ROWS/S", "BARE COPY ROWS/S", "RATIO");
            }
            for (int round = 1 - warmUpRounds; round <= rounds; round++) {
                MeteringFigures figure = bench.round(round);
                if (round > 0) {
                    figures.add(figure);
                }
                if (!json) {
                    print(out, round > 0 ? String.valueOf(round) : "warm-up", figure);
                    out.flush();
                }
            }
            if (lagSeconds > 0) {
                lag = bench.lag(Median.of(figures, MeteringFigures::metered) / 2, lagSeconds);
            }
        }
        MeteringFigures median = new MeteringFigures(
                Median.of(figures, MeteringFigures::metered),
                Median.of(figures, MeteringFigures::copied),
                Median.of(figures, MeteringFigures::ratio));
        if (json) {
            out.println(json(figures, median, lag));
        } else {
            print(out, "median", median);
            if (lag != null) {
                out.println(lag.line("counted"));
            }
        }
        return 0;
    }

    private static void print(PrintWriter out, String name, MeteringFigures figures) {
        out.printf(
                ROW,
                name,
                "%,.0f".formatted(figures.metered()),
                "%,.0f".formatted(figures.copied()),
                "%.2f".formatted(figures.ratio()));
    }

    private JsonObject json(List<MeteringFigures> figures, MeteringFigures median, @Nullable LagFigures lag) {
        JsonObject json = new JsonObject();
        json.addProperty("records", records);
        json.addProperty("accounts", accounts);
        json.addProperty("max_batch_records", batch);
        JsonArray each = new JsonArray();
        figures.forEach(figure -> each.add(json(figure)));
        json.add("rounds", each);
        json.add("median", json(median));
        if (lag != null) {
            json.add("lag", json(lag));
        }
        return json;
    }

    private static JsonObject json(LagFigures lag) {
        JsonObject json = new JsonObject();
        json.addProperty("records_per_second", Math.round(lag.rate()));
        json.addProperty("p50_ms", lag.p50Millis());
        json.addProperty("p99_ms", lag.p99Millis());
        json.addProperty("max_ms", lag.maxMillis());
        return json;
    }

    private static JsonObject json(MeteringFigures figures) {
        JsonObject json = new JsonObject();
        json.addProperty("metered_rows_per_second", Math.round(figures.metered()));
        json.addProperty("copied_rows_per_second", Math.round(figures.copied()));
        json.addProperty("ratio", Math.round(figures.ratio() * 1_000) / 1_000.0);
        return json;
    }
}

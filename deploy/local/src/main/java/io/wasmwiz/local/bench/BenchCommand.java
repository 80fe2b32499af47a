package io.wasmwiz.local.bench;

import io.wasmwiz.embedded.EmbeddedServerException;
import io.wasmwiz.embedded.FileTrees;
import io.wasmwiz.executor.bench.Figure;
import io.wasmwiz.local.parts.Progress;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.ServiceCommand;
import io.wasmwiz.service.config.DurationConverter;
import io.wasmwiz.service.config.Problems;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wasmwiz bench}: the whole service beside its floors; parts of it are subcommands. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = {
            "Measures the whole of WasmWiz on this machine: a stack of its own (PostgreSQL, broker, worker, executor with its"
                    + " sandboxes) with everything on, under unary calls and a batch from one client process.",
            "Each figure stands beside its floor, measured in the same run: calls that do nothing on the same server, the same"
                    + " guest on the bare engine, a plain producer, bare COPY."
        },
        subcommands = {MeteringBenchCommand.class, ExportBenchCommand.class, BatchProofCommand.class})
final class BenchCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "10s",
            description = "Of each measurement, 1s to 1h. Default: ${DEFAULT-VALUE}.")
    private Duration duration = Duration.ZERO;

    @Option(
            names = "--warm-up",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "30s",
            description = "Load before the first measurement, 3s to 1h; five JVMs compile what is hot. Default:"
                    + " ${DEFAULT-VALUE}.")
    private Duration warmUp = Duration.ZERO;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of all measurements, whose medians count, 1 to 100. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--executor-heap-mib",
            paramLabel = "MIB",
            defaultValue = "256",
            description = "Java heap of the executor. Default: ${DEFAULT-VALUE}.")
    private int executorHeapMib;

    @Option(names = "--json", description = "Print a JSON array.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Problems problems = new Problems();
        problems.requireRange("--duration in ms", duration.toMillis(), 1_000, 3_600_000);
        problems.requireRange("--warm-up in ms", warmUp.toMillis(), 3_000, 3_600_000);
        problems.requireRange("--rounds", rounds, 1, 100);
        problems.check();
        Progress progress = new Progress(System.err);
        List<Figure> started = new ArrayList<>();
        List<List<Figure>> figures = new ArrayList<>();
        try (Closer closer = new Closer()) {
            Path directory = Files.createTempDirectory("wasmwiz-bench-");
            closer.add(() -> FileTrees.delete(directory));
            BenchStack stack = closer.add(BenchStack.start(directory, executorHeapMib, progress));
            ServiceBench bench = new ServiceBench(stack, duration, progress);
            started.add(progress.step("executor starts", () -> FirstServedRun.measure(stack)));
            bench.warmUp(warmUp);
            for (int round = 0; round < rounds; round++) {
                figures.add(bench.round());
            }
        } catch (EmbeddedServerException e) {
            Objects.requireNonNull(spec).commandLine().getErr().println("wasmwiz bench: " + e.getMessage());
            return ServiceCommand.EX_UNAVAILABLE;
        }
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        List<Figure> all = new ArrayList<>(started);
        all.addAll(medians(figures));
        out.print(json ? Figure.json(all) : Figure.table(all));
        out.flush();
        return 0;
    }

    /** Of each figure and its floor over all rounds, which have the same figures in the same order. */
    private static List<Figure> medians(List<List<Figure>> rounds) {
        List<Figure> medians = new ArrayList<>();
        for (int i = 0; i < rounds.get(0).size(); i++) {
            int index = i;
            List<Figure> same = rounds.stream().map(round -> round.get(index)).toList();
            Figure first = same.get(0);
            medians.add(new Figure(
                    first.name(),
                    Median.of(same, Figure::value),
                    first.unit(),
                    Median.of(same, Figure::floor),
                    first.floorName()));
        }
        return medians;
    }
}

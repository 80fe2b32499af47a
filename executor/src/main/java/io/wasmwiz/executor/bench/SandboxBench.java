package io.wasmwiz.executor.bench;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.bench.SandboxMeasurements.Pipelined;
import io.wasmwiz.executor.bench.SandboxMeasurements.Stops;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import io.wasmwiz.executor.sandbox.wasmtime.EngineLoop;
import io.wasmwiz.executor.sandbox.wasmtime.WasmtimeSandbox;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wasmwiz bench sandbox}: what the sandbox does here, beside the bare engine in the same run. */
@Command(
        name = "sandbox",
        mixinStandardHelpOptions = true,
        description = {
            "Measure the sandbox on this machine.",
            "Each figure stands beside its floor, measured in the same run: the same module and WASI functions on the bare"
                    + " engine, on one thread."
        })
final class SandboxBench implements Callable<Integer> {
    private static final QueueConfig QUEUE = new QueueConfig(1_000, 1_000, Duration.ofSeconds(60));

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--runs",
            defaultValue = "50000",
            paramLabel = "N",
            description = "Trivial runs, 100 to 10,000,000. Default: ${DEFAULT-VALUE}.")
    private int runs;

    @Option(
            names = "--modules",
            defaultValue = "1000",
            paramLabel = "N",
            description = "Modules of as many accounts, run in turn, 1 to 100,000. Default: ${DEFAULT-VALUE}.")
    private int modules;

    @Option(
            names = "--loops",
            defaultValue = "1000",
            paramLabel = "N",
            description = "Infinite loops to stop, 1 to 100,000. Default: ${DEFAULT-VALUE}.")
    private int loops;

    @Option(
            names = "--loop-limit-ms",
            defaultValue = "100",
            paramLabel = "N",
            description = "Run time of a loop in milliseconds, 1 to 10,000. Default: ${DEFAULT-VALUE}.")
    private int loopLimitMillis;

    @Option(
            names = "--workers",
            defaultValue = "2",
            paramLabel = "N",
            description = "Sandbox workers beside loops, 2 to 256; all but one run loops. Default: ${DEFAULT-VALUE}.")
    private int workers;

    @Option(names = "--json", description = "Print a JSON array instead of a table.")
    private boolean json;

    private final List<Figure> figures = new ArrayList<>();

    @Override
    public Integer call() {
        require("--runs", runs, 100, 10_000_000);
        require("--modules", modules, 1, 100_000);
        require("--loops", loops, 1, 100_000);
        require("--loop-limit-ms", loopLimitMillis, 1, 10_000);
        require("--workers", workers, 2, 256);
        // First, so that the start of this program counts whole.
        measureBoundary();
        measureRuns();
        measureStops("in this process", open(workers));
        measureStops("in sandbox processes", BoundaryMeasurements.open(config(workers), workers));
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Figure.json(figures) : Figure.table(figures));
        out.flush();
        return 0;
    }

    private void require(String option, long value, long least, long most) {
        if (value < least || value > most) {
            throw new ParameterException(
                    spec.commandLine(), option + " must be " + least + " to " + most + ", was " + value);
        }
    }

    /** One worker against one thread on the bare engine. */
    private void measureRuns() {
        try (var floor = EngineLoop.open(List.of(BenchGuests.echo()))) {
            floor.run(runs, true);
            List<Long> reused = floor.run(runs, true);
            long start = System.nanoTime();
            try (SandboxRuntime sandbox = open(1)) {
                figures.add(Figure.of("start of a sandbox", (System.nanoTime() - start) / 1e6, "ms"));
                var measure = new SandboxMeasurements(sandbox);
                measure.pipelined(1, i -> BenchGuests.echo());
                figures.add(Figure.of(
                        "start of a sandbox to its first served run", (System.nanoTime() - start) / 1e6, "ms"));
                measure.pipelined(runs, i -> BenchGuests.echo());
                Pipelined trivial = measure.pipelined(runs, i -> BenchGuests.echo());
                String bare = "bare engine, store reused";
                figures.add(
                        Figure.of("trivial run, guest alone, median", micros(trivial.sortedWallNanos(), 0.5), "us"));
                figures.add(Figure.of(bare + ", median", micros(reused, 0.5), "us"));
                figures.add(
                        new Figure("trivial run, one worker, whole", trivial.microsPerRun(), "us", mean(reused), bare));
                measureModules(measure);
            }
        }
    }

    private void measureModules(SandboxMeasurements measure) {
        List<RunRequest> requests =
                IntStream.range(0, modules).mapToObj(BenchGuests::echo).toList();
        int turns = Math.max(modules, 2_000);
        try (var floor = EngineLoop.open(requests)) {
            floor.run(modules, false);
            requests.forEach(measure::compile);
            measure.pipelined(modules, requests::get);
            double bare = mean(floor.run(turns, false));
            Pipelined measured = measure.pipelined(turns, i -> requests.get(i % modules));
            figures.add(new Figure(
                    modules + " modules of as many accounts in turn, cached, whole",
                    measured.microsPerRun(),
                    "us",
                    bare,
                    "bare engine, the same modules, a store per run"));
        }
    }

    /** As many processes as cores, from one submitting thread, against one thread on the bare engine. */
    private void measureBoundary() {
        int processes = Runtime.getRuntime().availableProcessors();
        long start = System.nanoTime();
        try (SandboxRuntime sandbox = BoundaryMeasurements.open(config(processes), processes)) {
            var measure = new SandboxMeasurements(sandbox);
            measure.pipelined(1, i -> BenchGuests.echo());
            figures.add(Figure.of(
                    "start of sandbox processes to their first served run", (System.nanoTime() - start) / 1e6, "ms"));
            figures.add(Figure.of(
                    "start of this program to its first run served by a sandbox process",
                    System.currentTimeMillis()
                            - ManagementFactory.getRuntimeMXBean().getStartTime(),
                    "ms"));
            measureThroughput(measure);
            figures.add(Figure.of(
                    "kill of every sandbox process to the next served run",
                    BoundaryMeasurements.replacement(measure).toNanos() / 1e6,
                    "ms"));
        }
    }

    private void measureThroughput(SandboxMeasurements measure) {
        try (var floor = EngineLoop.open(List.of(BenchGuests.echo()))) {
            floor.run(runs, true);
            List<Long> bare = floor.run(runs, true);
            double bareMicros = mean(bare);
            BoundaryMeasurements.Throughput through = BoundaryMeasurements.throughput(measure, 10 * runs);
            figures.add(new Figure(
                    "trivial run inside a sandbox process, median",
                    through.medianMicros(),
                    "us",
                    micros(bare, 0.5),
                    "bare engine, store reused"));
            figures.add(new Figure(
                    "trivial run through the boundary, CPU of all processes",
                    through.cpuMicrosPerRun(),
                    "us",
                    bareMicros,
                    "bare engine, store reused"));
            figures.add(new Figure(
                    "trivial runs through the boundary per second",
                    through.runsPerSecond(),
                    "/s",
                    1e6 / bareMicros,
                    "bare engine, one thread"));
        }
    }

    private void measureStops(String where, SandboxRuntime opened) {
        try (SandboxRuntime sandbox = opened) {
            var measure = new SandboxMeasurements(sandbox);
            measure.pipelined(2_000, i -> BenchGuests.echo());
            List<Long> baseline = measure.honestBeside(workers - 1);
            Stops stops = measure.stops(loops, workers - 1, Duration.ofMillis(loopLimitMillis));
            String after = " past a limit of " + loopLimitMillis + " ms, " + where;
            figures.add(Figure.of("stop of a loop" + after + ", p50", millis(stops.lateNanos(), 0.5), "ms"));
            figures.add(Figure.of("stop of a loop" + after + ", p99", millis(stops.lateNanos(), 0.99), "ms"));
            figures.add(Figure.of("stop of a loop" + after + ", maximum", millis(stops.lateNanos(), 1), "ms"));
            String beside = "beside loops that are not stopped";
            figures.add(new Figure(
                    "honest run beside the stops, p50, " + where,
                    micros(stops.honestNanos(), 0.5),
                    "us",
                    micros(baseline, 0.5),
                    beside));
            figures.add(new Figure(
                    "honest run beside the stops, p99, " + where,
                    micros(stops.honestNanos(), 0.99),
                    "us",
                    micros(baseline, 0.99),
                    beside));
            figures.add(Figure.of(
                    "cores in use after the stops, child processes counted, " + where,
                    stops.busyAfterwards(),
                    "cores"));
        }
    }

    private static SandboxRuntime open(int workers) {
        return WasmtimeSandbox.open(config(workers), new SimpleMeterRegistry());
    }

    private static SandboxConfig config(int workers) {
        return new SandboxConfig(workers, QUEUE, Duration.ofMillis(5));
    }

    private static double micros(List<Long> sorted, double share) {
        return SandboxMeasurements.percentile(sorted, share) / 1e3;
    }

    private static double millis(List<Long> sorted, double share) {
        return SandboxMeasurements.percentile(sorted, share) / 1e6;
    }

    private static double mean(List<Long> nanos) {
        return nanos.stream().mapToLong(Long::longValue).average().orElse(Double.NaN) / 1e3;
    }
}

package io.wasmwiz.local.bench;

import io.wasmwiz.cli.load.ProcessCpu;
import io.wasmwiz.executor.bench.BenchGuests;
import io.wasmwiz.executor.bench.Figure;
import io.wasmwiz.executor.sandbox.wasmtime.EngineLoop;
import io.wasmwiz.local.cluster.Member;
import io.wasmwiz.local.cluster.Role;
import io.wasmwiz.local.parts.Progress;
import io.wasmwiz.service.database.DatabaseUrl;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The whole service beside its floors, on one stack. For one thread, whose stack has 2 MB. */
final class ServiceBench {
    private static final int ENGINE_WARM_UP = 50_000;
    private static final int ENGINE_RUNS = 200_000;
    private static final int COPY_BATCH = 10_000;
    private static final int COPY_ROWS = 200_000;
    private static final Duration BACKLOG_LIMIT = Duration.ofMinutes(5);
    private static final String OPEN_LOOP_RATE = "1000";
    private static final String UNARY_IN_FLIGHT = "64";
    /** Each measurement's client is a new JVM, which compiles first. */
    private static final String CLIENT_WARM_UP = "10s";

    private static final String BATCH_IN_FLIGHT = "2000";

    private final BenchStack stack;
    private final LoadClient client;
    private final Duration duration;
    private final Progress progress;

    /**
     * Prepares measurements.
     *
     * @param duration of each
     */
    ServiceBench(BenchStack stack, Duration duration, Progress progress) {
        this.stack = stack;
        this.client = new LoadClient(stack);
        this.duration = duration;
        this.progress = progress;
    }

    /** Loads for {@code time}, two thirds of it with a batch, so that what is hot is compiled and every process there. */
    void warmUp(Duration time) throws Exception {
        String third = time.dividedBy(3).toMillis() + "ms";
        String rest = time.minus(time.dividedBy(3)).toMillis() + "ms";
        progress.step("warm-up", () -> {
            client.executions("--concurrency", UNARY_IN_FLIGHT, "--duration", third, "--no-warm-up");
            client.executions("--mode", "batch", "--concurrency", BATCH_IN_FLIGHT, "--duration", rest, "--no-warm-up");
            stack.backlog().awaitTaken(BACKLOG_LIMIT);
            return true;
        });
    }

    /** One round; the last figure ends the stack's use, since it empties the ledger. */
    List<Figure> round() throws Exception {
        double engineMicros = progress.step("engine loop", ServiceBench::engineMicros);
        LoadResult empty = progress.step("empty calls", () -> client.empty(flags("--concurrency", UNARY_IN_FLIGHT)));
        LoadResult emptyOpen =
                progress.step("empty calls, open loop", () -> client.empty(flags("--rate", OPEN_LOOP_RATE)));
        LoadResult unary = measured("unary", flags("--concurrency", UNARY_IN_FLIGHT));
        LoadResult open = measured("unary, open loop", flags("--rate", OPEN_LOOP_RATE));
        String[] inBatch = flags("--mode", "batch", "--concurrency", BATCH_IN_FLIGHT);
        LoadResult batch = measured("batch", inBatch);
        long batchEnded = System.nanoTime();
        stack.backlog().awaitTaken(BACKLOG_LIMIT);
        double behindSeconds = (System.nanoTime() - batchEnded) / 1e9;
        Floor producer = progress.step(
                "plain producer",
                () -> LogFloor.measure(stack.cluster().bootstrapServers(), duration.dividedBy(2), clock(Role.BROKER)));
        Floor copy = progress.step("bare COPY", () -> ledger().copy(COPY_BATCH, COPY_ROWS, clock(Role.POSTGRESQL)));

        List<Figure> figures = new ArrayList<>();
        String at64 = " at " + UNARY_IN_FLIGHT + " in flight";
        String at1000 = " at " + OPEN_LOOP_RATE + "/s";
        figures.add(Figure.of("bare engine, store reused, one thread", engineMicros, "us"));
        addFloor(figures, "plain producer of the same events", producer, "it and the broker");
        addFloor(figures, "bare COPY of the same rows", copy, "it and PostgreSQL");
        figures.add(new Figure("unary runs" + at64, unary.perSecond(), "/s", empty.perSecond(), "empty calls"));
        for (String percentile : List.of("p50", "p99")) {
            figures.add(new Figure(
                    "unary run%s, %s".formatted(at64, percentile),
                    unary.latencyMillis(percentile),
                    "ms",
                    empty.latencyMillis(percentile),
                    "empty calls"));
        }
        addCpu(figures, "unary", unary, engineMicros);
        for (String percentile : List.of("p50", "p99")) {
            figures.add(new Figure(
                    "unary run%s, %s".formatted(at1000, percentile),
                    open.latencyMillis(percentile),
                    "ms",
                    emptyOpen.latencyMillis(percentile),
                    "empty calls"));
        }
        figures.add(new Figure(
                "runs of one batch", batch.perSecond(), "/s", 1e6 / engineMicros, "bare engine, one thread"));
        addCpu(figures, "batch", batch, engineMicros);
        figures.add(new Figure(
                "batch run, CPU of all processes",
                batch.allCpuMicros(),
                "us",
                engineMicros + producer.cpuMicros() + copy.cpuMicros(),
                "bare engine, producer and COPY"));
        figures.add(Figure.of("metering behind the end of the batch", behindSeconds, "s"));
        return figures;
    }

    /** Of this process and of those with {@code role}. */
    private Floor.Clock clock(Role role) {
        Set<String> names =
                stack.cluster().members(role).stream().map(Member::name).collect(Collectors.toSet());
        return new Floor.Clock(new ProcessCpu(stack.processes()), names);
    }

    private static void addFloor(List<Figure> figures, String name, Floor floor, String processes) {
        figures.add(Figure.of(name, floor.perSecond(), "/s"));
        figures.add(Figure.of("%s, CPU of %s".formatted(name, processes), floor.cpuMicros(), "us"));
    }

    private static void addCpu(List<Figure> figures, String what, LoadResult result, double engineMicros) {
        result.cpuMicros()
                .forEach((group, micros) ->
                        figures.add(Figure.of("%s run, CPU of %s".formatted(what, group), micros, "us")));
        figures.add(new Figure(
                what + " run, CPU of all processes", result.allCpuMicros(), "us", engineMicros, "bare engine"));
    }

    private LoadResult measured(String name, String[] flags) throws Exception {
        LoadResult result = progress.step(name, () -> client.executions(flags).requireNoFailure());
        if (!name.equals("batch")) {
            stack.backlog().awaitTaken(BACKLOG_LIMIT);
        }
        return result;
    }

    private String[] flags(String... flags) {
        List<String> all = new ArrayList<>(List.of(flags));
        all.addAll(List.of("--duration", duration.toMillis() + "ms", "--warm-up", CLIENT_WARM_UP));
        return all.toArray(String[]::new);
    }

    private static double engineMicros() {
        try (EngineLoop loop = EngineLoop.open(List.of(BenchGuests.echo()))) {
            loop.run(ENGINE_WARM_UP, true);
            return loop.run(ENGINE_RUNS, true).stream()
                            .mapToLong(Long::longValue)
                            .average()
                            .orElse(Double.NaN)
                    / 1e3;
        }
    }

    private BenchLedger ledger() {
        return new BenchLedger(
                DatabaseUrl.parse(stack.cluster().database().server().url("wasmwiz")));
    }
}

package io.wasmwiz.executor.bench;

import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.FileTree;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import io.wasmwiz.executor.sandbox.wasmtime.EngineProgram;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wasmwiz bench programs}: real programs in a sandbox process, beside the engine as it comes in the same run. */
@Command(
        name = "programs",
        mixinStandardHelpOptions = true,
        description = {
            "Measure the programs of deploy/samples/programs on their test inputs.",
            "Each median stands beside that of the engine as it comes, with its own WASI functions; the two take turns."
        })
final class ProgramsBench implements Callable<Integer> {
    private static final QueueConfig QUEUE = new QueueConfig(100, 100, Duration.ofSeconds(60));
    private static final RunLimits LIMITS = new RunLimits(Duration.ofSeconds(30), 2_048, 1 << 20, 1 << 20);
    private static final UUID ACCOUNT = new UUID(4, 1);

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--rounds",
            defaultValue = "51",
            paramLabel = "N",
            description = "Runs of each program on each side, 3 to 10,000. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--directory",
            defaultValue = "${sys:wasmwiz.home}/deploy/samples/programs",
            paramLabel = "D",
            description = "Folder of the programs. Default: deploy/samples/programs.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path directory;

    @Option(names = "--json", description = "Print a JSON array instead of a table.")
    private boolean json;

    /**
     * @param input in {@code cases}
     * @param exitCode of the native build
     */
    private record Workload(String program, String input, List<String> arguments, int exitCode) {}

    private static final List<Workload> WORKLOADS = List.of(
            new Workload("sqlite", "orders.sql", List.of(), 0),
            new Workload("quickjs", "language.js", List.of(), 0),
            new Workload("tally", "events.jsonl", List.of(), 4),
            new Workload("stock", "stock.txt", List.of(), 1),
            new Workload("words", "words.in", List.of("the", "fox", "none"), 0));

    @Override
    public Integer call() throws IOException {
        if (rounds < 3 || rounds > 10_000) {
            throw new ParameterException(spec.commandLine(), "--rounds must be 3 to 10000, was " + rounds);
        }
        if (!Files.isDirectory(directory.resolve("cases/tree"))) {
            throw new ParameterException(spec.commandLine(), "--directory: no programs with cases in " + directory);
        }
        var figures = new ArrayList<Figure>();
        try (SandboxRuntime sandbox = BoundaryMeasurements.open(new SandboxConfig(1, QUEUE, Duration.ofMillis(5)), 1)) {
            for (Workload workload : WORKLOADS) {
                figures.add(measure(sandbox, workload));
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Figure.json(figures) : Figure.table(figures));
        out.flush();
        return 0;
    }

    private Figure measure(SandboxRuntime sandbox, Workload workload) throws IOException {
        byte[] wasm = Files.readAllBytes(directory.resolve(workload.program() + ".wasm"));
        Path stdin = directory.resolve("cases").resolve(workload.input());
        Path tree = directory.resolve("cases/tree");
        var request = new RunRequest(
                new ModuleCode(ACCOUNT, ModuleDigest.of(wasm), wasm),
                Files.readAllBytes(stdin),
                workload.arguments(),
                Map.of("HOME", "/"),
                files(tree),
                LIMITS);
        var ours = new long[rounds];
        var floor = new long[rounds];
        Path stdout = Files.createTempFile("wasmwiz-bench", ".out");
        try (var engine = EngineProgram.open(wasm)) {
            // The first round compiles, and is overwritten by the second.
            for (int round = -1; round < rounds; round++) {
                int slot = Math.max(round, 0);
                floor[slot] = engine.run(workload.arguments(), tree, stdin, stdout);
                long start = System.nanoTime();
                Ran ran = run(sandbox, request, workload);
                ours[slot] = System.nanoTime() - start;
                if (!Arrays.equals(ran.stdout(), Files.readAllBytes(stdout))) {
                    throw new IllegalStateException(workload.program() + " printed other than on the bare engine");
                }
            }
        } finally {
            Files.deleteIfExists(stdout);
        }
        return new Figure(
                workload.program() + " on " + workload.input() + ", request to result, median",
                medianMillis(ours),
                "ms",
                medianMillis(floor),
                "the engine as it comes");
    }

    private static Ran run(SandboxRuntime sandbox, RunRequest request, Workload workload) {
        var result = sandbox.run(request).result().toCompletableFuture().join();
        if (result instanceof Ran ran && ran.end().equals(new End.Exited(workload.exitCode()))) {
            return ran;
        }
        throw new IllegalStateException(workload.program() + " ended as " + result);
    }

    private static FileTree files(Path root) throws IOException {
        var files = new ArrayList<FileTree.File>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                files.add(new FileTree.File(root.relativize(path).toString(), Files.readAllBytes(path)));
            }
        }
        return FileTree.of(files);
    }

    private static double medianMillis(long[] nanos) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2] / 1e6;
    }
}

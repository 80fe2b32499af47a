package io.wasmwiz.executor.bench;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.FileTree;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import io.wasmwiz.executor.sandbox.wasmtime.EngineProgram;
import io.wasmwiz.executor.sandbox.wasmtime.WasmtimeSandbox;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wasmwiz bench programs}: real programs in sandboxes, beside the engine as it comes in the same run. */
@Command(
        name = "programs",
        mixinStandardHelpOptions = true,
        description = {
            "Measure the programs of deploy/samples/programs in the sandbox.",
            "Each median stands beside that of the same module on the bare engine with the engine's own WASI functions, one"
                    + " thread and an instance per run; they take turns. That engine could stop its guests (epoch"
                    + " interruption), as ours must; what this alone costs is a line of its own.",
            "Every run must print what the native build prints."
        })
final class ProgramsBench implements Callable<Integer> {
    private static final SandboxConfig ONE =
            new SandboxConfig(1, new QueueConfig(100, 100, Duration.ofSeconds(60)), Duration.ofMillis(5));
    private static final RunLimits LIMITS = new RunLimits(Duration.ofSeconds(60), 2_048, 1 << 20, 1 << 18);
    private static final UUID ACCOUNT = new UUID(4, 1);

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(paramLabel = "PROGRAM", description = "Which ones. Default: all that have a load.")
    private List<String> programs = List.of();

    @Option(
            names = "--rounds",
            defaultValue = "31",
            paramLabel = "N",
            description = "Runs of each program on each side, 1 to 10,000. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--directory",
            defaultValue = "${sys:wasmwiz.home:-.}/deploy/samples/programs",
            paramLabel = "D",
            description = "Folder of the programs. Default: deploy/samples/programs.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path directory;

    @Option(names = "--json", description = "Print a JSON array instead of a table.")
    private boolean json;

    /** Makes one run, checks it and tells its nanoseconds. */
    private interface Run {
        long nanos() throws IOException;
    }

    /** Where a program runs, and how long each run took there. */
    private record Side(String name, Run run, List<Long> nanos) {
        Side(String name, Run run) {
            this(name, run, new ArrayList<>());
        }

        double medianMillis() {
            return SandboxMeasurements.percentile(nanos.stream().sorted().toList(), 0.5) / 1e6;
        }
    }

    @Override
    public Integer call() throws IOException {
        if (rounds < 1 || rounds > 10_000) {
            throw new ParameterException(spec.commandLine(), "--rounds must be 1 to 10000, was " + rounds);
        }
        List<String> known = ProgramLoad.programs(directory);
        List<String> chosen = programs.isEmpty() ? known : programs;
        if (!known.containsAll(chosen)) {
            throw new ParameterException(spec.commandLine(), "PROGRAM must be of " + known + ", was " + chosen);
        }
        var figures = new ArrayList<Figure>();
        try (SandboxRuntime here = WasmtimeSandbox.open(ONE, new SimpleMeterRegistry());
                SandboxRuntime process = BoundaryMeasurements.open(ONE, 1)) {
            for (String program : chosen) {
                figures.addAll(measure(ProgramLoad.read(directory, program), here, process));
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Figure.json(figures) : Figure.table(figures));
        out.flush();
        return 0;
    }

    private List<Figure> measure(ProgramLoad load, SandboxRuntime here, SandboxRuntime process) throws IOException {
        Path tree = directory.resolve("cases/tree");
        var request = new RunRequest(
                new ModuleCode(ACCOUNT, ModuleDigest.of(load.wasm()), load.wasm()),
                load.input(),
                load.arguments(),
                Map.of("HOME", "/"),
                files(tree),
                LIMITS);
        new SandboxMeasurements(here).compile(request);
        new SandboxMeasurements(process).compile(request);
        try (var plain = EngineProgram.open(load.wasm(), load.arguments(), tree, load.input(), false);
                var stoppable = EngineProgram.open(load.wasm(), load.arguments(), tree, load.input(), true)) {
            Side bare = new Side("bare engine and its WASI", () -> run(load, plain));
            Side floor = new Side("bare engine and its WASI, stoppable", () -> run(load, stoppable));
            Side inProcess = new Side("in this process", () -> run(load, here, request));
            Side inSandbox = new Side("in a sandbox process", () -> run(load, process, request));
            List<Side> sides = List.of(bare, inProcess, floor, inSandbox);
            // The first round finds caches and memory cold, and does not count.
            for (int round = 0; round <= rounds; round++) {
                for (Side side : sides) {
                    long nanos = side.run().nanos();
                    if (round > 0) {
                        side.nanos().add(nanos);
                    }
                }
            }
            return List.of(figure(load, inProcess, floor), figure(load, inSandbox, floor), figure(load, floor, bare));
        }
    }

    private static Figure figure(ProgramLoad load, Side side, Side floor) {
        return new Figure(
                load.program() + ", request to result, " + side.name() + ", median",
                side.medianMillis(),
                "ms",
                floor.medianMillis(),
                floor.name());
    }

    private static long run(ProgramLoad load, EngineProgram engine) throws IOException {
        EngineProgram.Ended ended = engine.run();
        load.check("on the bare engine", ended.exitCode(), ended.stdout());
        return ended.nanos();
    }

    private static long run(ProgramLoad load, SandboxRuntime sandbox, RunRequest request) {
        long start = System.nanoTime();
        RunResult result = sandbox.run(request).result().toCompletableFuture().join();
        long nanos = System.nanoTime() - start;
        if (result instanceof Ran ran && ran.end() instanceof End.Exited exited) {
            load.check("in the sandbox", exited.code(), ran.stdout());
            return nanos;
        }
        throw new IllegalStateException(load.program() + " in the sandbox: " + result);
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
}

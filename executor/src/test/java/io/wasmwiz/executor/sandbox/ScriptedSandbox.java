package io.wasmwiz.executor.sandbox;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/**
 * A sandbox without an engine: compiles everything unless told otherwise, and ends runs as its script says, or when the
 * test says so. Cancelling a run that did not end stops it as the real one does. Thread-safe.
 */
public final class ScriptedSandbox implements SandboxRuntime {
    public static final RunUsage USAGE = new RunUsage(2_000_000, 7_000_000, 5_000_000, 131_072, true);

    private final List<ModuleCode> compiled = new CopyOnWriteArrayList<>();
    private final List<HeldRun> runs = new CopyOnWriteArrayList<>();
    private volatile Function<ModuleCode, CompletionStage<Compilation>> compiler =
            module -> CompletableFuture.completedFuture(new Compilation.Compiled(false));
    private volatile Function<RunRequest, CompletableFuture<RunResult>> script =
            request -> CompletableFuture.completedFuture(exited(0, "out", "err"));

    /** A run that exited with {@code code}. */
    public static RunResult.Ran exited(int code, String stdout, String stderr) {
        return ran(new RunResult.End.Exited(code), stdout, stderr);
    }

    /** A run that ended as {@code end}. */
    public static RunResult.Ran ran(RunResult.End end, String stdout, String stderr) {
        return new RunResult.Ran(end, 0, bytes(stdout), bytes(stderr), false, false, false, USAGE);
    }

    public void compilesTo(Function<ModuleCode, Compilation> newCompiler) {
        compiler = module -> CompletableFuture.completedFuture(newCompiler.apply(module));
    }

    /** Compilations end when their stage does. */
    public void compilesAs(Function<ModuleCode, CompletionStage<Compilation>> newCompiler) {
        compiler = newCompiler;
    }

    public void endsAs(RunResult result) {
        script = request -> CompletableFuture.completedFuture(result);
    }

    /** Each ends as {@code newScript} says. */
    public void endsAs(Function<RunRequest, RunResult> newScript) {
        script = request -> CompletableFuture.completedFuture(newScript.apply(request));
    }

    /** Runs go on until the test completes them or they are cancelled. */
    public void holdsRuns() {
        script = request -> new CompletableFuture<>();
    }

    public void failsWith(RuntimeException surprise) {
        script = request -> {
            throw surprise;
        };
    }

    public List<ModuleCode> compiled() {
        return List.copyOf(compiled);
    }

    public List<HeldRun> runs() {
        return new ArrayList<>(runs);
    }

    @Override
    public CompletionStage<Compilation> compile(ModuleCode module) {
        compiled.add(module);
        return compiler.apply(module);
    }

    @Override
    public SandboxRun run(RunRequest request) {
        HeldRun run = new HeldRun(request, script.apply(request));
        runs.add(run);
        return run;
    }

    @Override
    public void close() {
        runs.forEach(HeldRun::cancel);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    /** A run in the hand of the test. */
    public record HeldRun(RunRequest request, CompletableFuture<RunResult> ending) implements SandboxRun {
        @Override
        public CompletionStage<RunResult> result() {
            return ending;
        }

        @Override
        public void cancel() {
            ending.complete(ran(new RunResult.End.Cancelled(), "part", ""));
        }
    }
}

package io.wasmwiz.executor.sandbox.wasmtime;

import io.github.kawamuray.wasmtime.Config;
import io.github.kawamuray.wasmtime.Engine;
import io.github.kawamuray.wasmtime.Func;
import io.github.kawamuray.wasmtime.Linker;
import io.github.kawamuray.wasmtime.Module;
import io.github.kawamuray.wasmtime.Store;
import io.github.kawamuray.wasmtime.wasi.WasiCtx;
import io.github.kawamuray.wasmtime.wasi.WasiCtxBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.SandboxRun;
import io.wasmwiz.executor.sandbox.Wat;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A run that copies one line from input to output: alone, and 64 at a time on two workers. The floor is the engine alone
 * on one thread: the same module in a fresh store with the engine's own WASI, where it finds no input.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class SandboxBenchmark {
    private static final int IN_FLIGHT = 64;

    private WasmtimeSandbox sandbox;
    private RunRequest request;
    private Engine engine;
    private Module module;

    @Setup
    public void open() {
        byte[] wasm = Wat.command("""
                (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 100))
                (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
                (i32.store (i32.const 4) (i32.load (i32.const 8)))
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                """);
        sandbox = WasmtimeSandbox.open(
                new SandboxConfig(2, new QueueConfig(1_000, 1_000, Duration.ofSeconds(10)), Duration.ofMillis(10)),
                new SimpleMeterRegistry());
        request = new RunRequest(
                new ModuleCode(new UUID(1, 1), ModuleDigest.of(wasm), wasm),
                "hello world, this is standard input\n".getBytes(StandardCharsets.UTF_8),
                List.of(),
                Map.of(),
                new RunLimits(Duration.ofSeconds(5), 2_048, 1 << 20, 1 << 18));
        engine = new Engine(new Config().epochInterruption(true).wasmSimd(false));
        module = Module.fromBinary(engine, wasm);
    }

    @TearDown
    public void close() {
        sandbox.close();
        module.dispose();
        engine.dispose();
    }

    @Benchmark
    public RunResult oneAtATime() {
        return completed(sandbox.run(request));
    }

    @Benchmark
    @OperationsPerInvocation(IN_FLIGHT)
    public int manyInFlight() {
        var runs = new ArrayList<SandboxRun>(IN_FLIGHT);
        for (int i = 0; i < IN_FLIGHT; i++) {
            runs.add(sandbox.run(request));
        }
        runs.forEach(SandboxBenchmark::completed);
        return runs.size();
    }

    @Benchmark
    public int engineAlone() {
        try (var store = new Store<Void>(null, engine, new WasiCtxBuilder().build());
                var linker = new Linker(engine)) {
            store.setEpochDeadline(1_000);
            WasiCtx.addToLinker(linker);
            linker.module(store, "", module);
            try (Func start = linker.get(store, "", "_start").orElseThrow().func()) {
                return start.call(store).length;
            }
        }
    }

    private static RunResult completed(SandboxRun run) {
        RunResult result = run.result().toCompletableFuture().join();
        if (result instanceof RunResult.Ran ran && ran.end().equals(new RunResult.End.Exited(0))) {
            return result;
        }
        throw new IllegalStateException("the run did not complete: " + result);
    }
}

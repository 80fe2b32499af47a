package io.wasmwiz.executor.sandbox.wasmtime;

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
 * A run that copies 100 bytes from input to output: alone, 64 at a time on one worker, and 1,000 modules of 1,000 accounts
 * in turn. The floors are the same module and WASI functions on the bare engine: stores reused, and a store per run.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = "-Xss2m")
public class SandboxBenchmark {
    private static final int IN_FLIGHT = 64;

    private static final int MODULES = 1_000;
    private static final int FLOOR_RUNS = 256;

    private final List<RunRequest> others = new ArrayList<>();
    private WasmtimeSandbox sandbox;
    private RunRequest request;
    private EngineLoop floor;
    private int next;

    @Setup
    public void open() {
        byte[] wasm = Wat.command("""
                (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 100))
                (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
                (i32.store (i32.const 4) (i32.load (i32.const 8)))
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                """);
        sandbox = WasmtimeSandbox.open(
                new SandboxConfig(1, new QueueConfig(1_000, 1_000, Duration.ofSeconds(10)), Duration.ofMillis(5)),
                new SimpleMeterRegistry());
        request = request(new UUID(1, 1), wasm);
        floor = EngineLoop.open(List.of(request));
        for (int i = 0; i < MODULES; i++) {
            others.add(request(new UUID(2, i), wasm));
            sandbox.compile(others.get(i).module()).toCompletableFuture().join();
        }
    }

    private static RunRequest request(UUID account, byte[] wasm) {
        return new RunRequest(
                new ModuleCode(account, ModuleDigest.of(wasm), wasm),
                new byte[100],
                List.of(),
                Map.of(),
                new RunLimits(Duration.ofSeconds(5), 2_048, 1 << 20, 1 << 18));
    }

    @TearDown
    public void close() {
        sandbox.close();
        floor.close();
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
    @OperationsPerInvocation(IN_FLIGHT)
    public int accountsInTurn() {
        var runs = new ArrayList<SandboxRun>(IN_FLIGHT);
        for (int i = 0; i < IN_FLIGHT; i++) {
            runs.add(sandbox.run(others.get(next++ % MODULES)));
        }
        runs.forEach(SandboxBenchmark::completed);
        return runs.size();
    }

    @Benchmark
    @OperationsPerInvocation(FLOOR_RUNS)
    public List<Long> floorWithStoresReused() {
        return floor.run(FLOOR_RUNS, true);
    }

    @Benchmark
    @OperationsPerInvocation(FLOOR_RUNS)
    public List<Long> floorWithAStorePerRun() {
        return floor.run(FLOOR_RUNS, false);
    }

    private static RunResult completed(SandboxRun run) {
        RunResult result = run.result().toCompletableFuture().join();
        if (result instanceof RunResult.Ran ran && ran.end().equals(new RunResult.End.Exited(0))) {
            return result;
        }
        throw new IllegalStateException("the run did not complete: " + result);
    }
}

package io.wasmwiz.executor.sandbox;

import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A sandbox of two workers per test, and short words for what tests do with it. */
public abstract class SandboxFixture {
    protected static final UUID ACCOUNT = new UUID(1, 1);
    protected static final RunLimits LIMITS = new RunLimits(Duration.ofSeconds(10), 64, 1 << 20, 1 << 18);

    protected static final QueueConfig QUEUE = new QueueConfig(16, 12, Duration.ofMinutes(1));

    private static final int WAIT_SECONDS = 60;

    protected SandboxRuntime sandbox = none();

    /** A sandbox to test. */
    protected abstract SandboxRuntime open(SandboxConfig config);

    @BeforeEach
    protected void openSandbox() {
        sandbox = open(new SandboxConfig(2, QUEUE, Duration.ofMillis(5)));
    }

    @AfterEach
    protected void closeSandbox() {
        sandbox.close();
    }

    protected static ModuleCode code(byte[] wasm) {
        return new ModuleCode(ACCOUNT, ModuleDigest.of(wasm), wasm);
    }

    protected static RunRequest request(byte[] wasm, String input, RunLimits limits) {
        return new RunRequest(code(wasm), input.getBytes(StandardCharsets.UTF_8), List.of(), Map.of(), limits);
    }

    protected SandboxRun run(byte[] wasm) {
        return run(wasm, LIMITS);
    }

    protected SandboxRun run(byte[] wasm, String input) {
        return sandbox.run(request(wasm, input, LIMITS));
    }

    protected SandboxRun run(byte[] wasm, RunLimits limits) {
        return sandbox.run(request(wasm, "", limits));
    }

    /** The result of a run that must have started. */
    protected static RunResult.Ran ran(SandboxRun run) {
        RunResult result = result(run);
        if (result instanceof RunResult.Ran ran) {
            return ran;
        }
        throw new AssertionError("did not run: " + result);
    }

    protected static RunResult result(SandboxRun run) {
        return await(run.result().toCompletableFuture());
    }

    protected Compilation compile(byte[] wasm) {
        return await(sandbox.compile(code(wasm)).toCompletableFuture());
    }

    protected static <T> T await(Future<T> future) {
        try {
            return future.get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError("no result", e);
        }
    }

    protected static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static SandboxRuntime none() {
        return new SandboxRuntime() {
            @Override
            public CompletionStage<Compilation> compile(ModuleCode module) {
                throw new IllegalStateException("not open");
            }

            @Override
            public SandboxRun run(RunRequest request) {
                throw new IllegalStateException("not open");
            }

            @Override
            public void close() {}
        };
    }
}

package io.wasmwiz.executor.sandbox.process;

import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.SandboxRun;
import io.wasmwiz.executor.sandbox.Wat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** A sandbox whose processes a test can see and hurt. */
abstract class ProcessFixture {
    static final byte[] NOTHING = Wat.command("");
    /** Ends at once unless it has input; then it computes until it is stopped. */
    static final byte[] LOOPS_ON_INPUT = Wat.command("""
            (i32.store (i32.const 0) (i32.const 16))
            (i32.store (i32.const 4) (i32.const 100))
            (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (if (i32.load (i32.const 8)) (then (loop $forever (br $forever))))
            """);

    static final RunResult.End EXITED = new RunResult.End.Exited(0);
    static final RunLimits LIMITS = new RunLimits(Duration.ofMinutes(5), 64, 1 << 20, 1 << 18);

    private static final int WAIT_SECONDS = 60;

    private SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private @Nullable ProcessSandbox opened;

    final ProcessSandbox open(Sandboxes sandboxes) {
        return open(sandboxes, Launcher.Program.SANDBOX);
    }

    final ProcessSandbox open(Sandboxes sandboxes, Launcher.Program program) {
        metrics = new SimpleMeterRegistry();
        ProcessSandbox sandbox = sandboxes.open(metrics, program);
        opened = sandbox;
        return sandbox;
    }

    final ProcessSandbox sandbox() {
        return Objects.requireNonNull(opened);
    }

    @AfterEach
    void closeSandbox() {
        if (opened != null) {
            opened.close();
        }
    }

    static ModuleCode code(byte[] wasm) {
        return new ModuleCode(new UUID(1, 1), ModuleDigest.of(wasm), wasm);
    }

    final SandboxRun run(byte[] wasm, String input) {
        return run(wasm, input, LIMITS);
    }

    final SandboxRun run(byte[] wasm, String input, RunLimits limits) {
        return sandbox()
                .run(new RunRequest(code(wasm), input.getBytes(StandardCharsets.UTF_8), List.of(), Map.of(), limits));
    }

    final Compilation compile(byte[] wasm) {
        return get(sandbox().compile(code(wasm)).toCompletableFuture());
    }

    static RunResult.Ran ran(SandboxRun run) {
        RunResult result = get(run.result().toCompletableFuture());
        if (result instanceof RunResult.Ran ran) {
            return ran;
        }
        throw new AssertionError("did not run: " + result);
    }

    static <T> T get(Future<T> future) {
        try {
            return future.get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError("no result", e);
        }
    }

    /** Waits until every run has started. */
    final void awaitStarted() {
        await().atMost(Duration.ofSeconds(WAIT_SECONDS)).until(() -> meter("wasmwiz.sandbox.queue.depth") == 0);
    }

    /** The sum of the meters of a name. */
    final double meter(String name, String... tags) {
        return metrics.find(name).tags(tags).meters().stream()
                .mapToDouble(meter -> {
                    Measurement first = meter.measure().iterator().next();
                    return first.getValue();
                })
                .sum();
    }

    /** Live processes of a role. */
    static List<ProcessHandle> processes(String role) {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info()
                        .arguments()
                        .filter(arguments -> Arrays.asList(arguments).contains(SandboxProcessMain.class.getName()))
                        .filter(arguments -> Arrays.asList(arguments).contains(role))
                        .isPresent())
                .toList();
    }

    /** Sends a signal, by its name. */
    static void signal(String signal, ProcessHandle process) {
        try {
            int status = new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new AssertionError("kill ended with " + status);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}

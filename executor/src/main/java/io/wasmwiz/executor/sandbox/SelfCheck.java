package io.wasmwiz.executor.sandbox;

import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.RunResult.Cause;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a module of our own, of no account, before the sandbox gets any other: what does not work here is found out at the
 * start and not by a caller, and the first callers do not pay for classes, code and processes that are still cold.
 * Stateless.
 */
public final class SelfCheck {
    /** Runs at most. */
    public static final int MAX_RUNS = 100_000;

    private static final Logger log = LoggerFactory.getLogger(SelfCheck.class);

    private static final ModuleCode ECHO = module(EchoModule.bytes());
    private static final byte[] INPUT = new byte[100];

    /** As many as the processes hold without a queue; more would only wait. */
    private static final int AT_ONCE = 32;

    private static final Duration RUN_TIME = Duration.ofSeconds(10);

    /** For the first runs, cold on a busy machine. */
    private static final Duration FIRST_LIMIT = Duration.ofSeconds(60);

    /** From when on what is not warm yet gets warm with callers. */
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private SelfCheck() {}

    /**
     * Runs the module {@code runs} times, or as often as 5 s allow, some at once; waits at most a minute for the first.
     *
     * @param queue how many may wait
     * @param runs 1 to {@link #MAX_RUNS}
     * @throws IllegalStateException when a run did not give what it should, or none started
     */
    public static void require(SandboxRuntime sandbox, QueueConfig queue, int runs) {
        long begin = System.nanoTime();
        int atOnce = Math.min(AT_ONCE, queue.accountCapacity());
        int done = 0;
        while (done < runs && System.nanoTime() - begin < (done == 0 ? FIRST_LIMIT : LIMIT).toNanos()) {
            List<CompletableFuture<RunResult>> results = Stream.generate(
                            () -> sandbox.run(request()).result().toCompletableFuture())
                    .limit(Math.min(atOnce, runs - done))
                    .toList();
            for (CompletableFuture<RunResult> result : results) {
                done += ranAsItShould(result) ? 1 : 0;
            }
        }
        if (done == 0) {
            throw new IllegalStateException(
                    "modules do not run here: none started in " + FIRST_LIMIT.toSeconds() + " s");
        }
        log.atInfo()
                .addKeyValue("runs", done)
                .addKeyValue(
                        "millis", Duration.ofNanos(System.nanoTime() - begin).toMillis())
                .log("sandbox checked");
    }

    private static ModuleCode module(byte[] bytes) {
        return new ModuleCode(new UUID(0, 0), ModuleDigest.of(bytes), bytes);
    }

    private static RunRequest request() {
        return new RunRequest(ECHO, INPUT, List.of(), Map.of(), new RunLimits(RUN_TIME, 1, INPUT.length, 0));
    }

    /** False when it did not run because the sandbox was busy. */
    private static boolean ranAsItShould(CompletableFuture<RunResult> pending) {
        RunResult result = await(pending);
        if (result instanceof RunResult.Ran ran
                && ran.end() instanceof RunResult.End.Exited exited
                && exited.code() == 0
                && Arrays.equals(ran.stdout(), INPUT)) {
            return true;
        }
        if (result instanceof RunResult.Refused refused
                && (refused.cause() == Cause.START_BY_PASSED || refused.cause() == Cause.QUEUE_FULL)) {
            return false;
        }
        throw new IllegalStateException("modules do not run here: a run that should copy its input gave " + result);
    }

    private static RunResult await(CompletableFuture<RunResult> pending) {
        try {
            return pending.get(FIRST_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException(
                    "modules do not run here: no answer from a run in " + FIRST_LIMIT.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("modules do not run here", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the sandbox is checked", e);
        }
    }
}

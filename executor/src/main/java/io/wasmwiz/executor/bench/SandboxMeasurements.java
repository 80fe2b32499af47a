package io.wasmwiz.executor.bench;

import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import io.wasmwiz.executor.sandbox.SandboxRun;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** Measures one open sandbox, from one thread. */
final class SandboxMeasurements {
    /** Enough that no worker waits for this thread. */
    static final int IN_FLIGHT = 128;

    private static final int HONEST_RUNS = 2_000;

    private final SandboxRuntime sandbox;

    SandboxMeasurements(SandboxRuntime sandbox) {
        this.sandbox = sandbox;
    }

    /**
     * Many runs, some in flight at a time.
     *
     * @param wallNanos time inside the sandbox, in no order
     * @param elapsedNanos of all
     */
    record Pipelined(List<Long> wallNanos, long elapsedNanos) {
        double microsPerRun() {
            return elapsedNanos / 1e3 / wallNanos.size();
        }

        List<Long> sortedWallNanos() {
            return wallNanos.stream().sorted().toList();
        }
    }

    /**
     * @param lateNanos how long after its limit each loop ended, sorted
     * @param honestNanos how long the other account's runs took, queueing included, sorted
     * @param busyAfterwards cores that this process and its children used once the loops had ended
     */
    record Stops(List<Long> lateNanos, List<Long> honestNanos, double busyAfterwards) {}

    Pipelined pipelined(int runs, IntFunction<RunRequest> request) {
        var wall = new ArrayList<Long>(runs);
        // This thread sleeps until the last of the older half has its result, so it is woken once for all of them.
        List<SandboxRun> older = List.of();
        List<SandboxRun> newer = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < runs; i++) {
            newer.add(sandbox.run(request.apply(i)));
            if (newer.size() == IN_FLIGHT / 2) {
                land(older, wall);
                older = newer;
                newer = new ArrayList<>();
            }
        }
        land(older, wall);
        land(newer, wall);
        return new Pipelined(wall, System.nanoTime() - start);
    }

    private static void land(List<SandboxRun> runs, List<Long> wallNanos) {
        for (int i = runs.size() - 1; i >= 0; i--) {
            wallNanos.add(completed(runs.get(i)));
        }
    }

    void compile(RunRequest request) {
        Compilation compilation =
                sandbox.compile(request.module()).toCompletableFuture().join();
        if (!(compilation instanceof Compilation.Compiled)) {
            throw new IllegalStateException("not compiled: " + compilation);
        }
    }

    /** Keeps some loops running until {@code loops} were stopped, and runs an honest account's guest beside them. */
    Stops stops(int loops, int atOnce, Duration limit) {
        var late = new ArrayList<Long>(loops);
        var honest = new ArrayList<Long>();
        Deque<SandboxRun> running = new ArrayDeque<>();
        int started = 0;
        while (late.size() < loops) {
            while (started < loops && running.size() < atOnce) {
                running.add(sandbox.run(BenchGuests.loop(limit)));
                started++;
            }
            honest.add(honestRun());
            while (!running.isEmpty()
                    && running.peek().result().toCompletableFuture().isDone()) {
                Ran ran = ran(running.remove());
                if (!ran.end().equals(new End.TimedOut())) {
                    throw new IllegalStateException("a loop ended as " + ran.end());
                }
                late.add(ran.usage().wallNanos() - limit.toNanos());
            }
        }
        Collections.sort(late);
        Collections.sort(honest);
        return new Stops(late, honest, busyCores());
    }

    /** The honest account beside as many loops that nobody stops: the same share of the cores. */
    List<Long> honestBeside(int loops) {
        var running = new ArrayList<SandboxRun>();
        for (int i = 0; i < loops; i++) {
            running.add(sandbox.run(BenchGuests.loop(Duration.ofMinutes(10))));
        }
        var honest = new ArrayList<Long>();
        for (int i = 0; i < HONEST_RUNS; i++) {
            honest.add(honestRun());
        }
        running.forEach(SandboxRun::cancel);
        running.forEach(SandboxMeasurements::ran);
        Collections.sort(honest);
        return honest;
    }

    private long honestRun() {
        long start = System.nanoTime();
        completed(sandbox.run(BenchGuests.echo()));
        return System.nanoTime() - start;
    }

    private static double busyCores() {
        try {
            Duration before = BoundaryMeasurements.cpu();
            long start = System.nanoTime();
            TimeUnit.SECONDS.sleep(1);
            return BoundaryMeasurements.cpu().minus(before).toNanos() / (double) (System.nanoTime() - start);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    static long percentile(List<Long> sorted, double share) {
        return sorted.get((int) Math.min(sorted.size() - 1L, Math.round(Math.floor(sorted.size() * share))));
    }

    private static long completed(SandboxRun run) {
        Ran ran = ran(run);
        if (!ran.end().equals(new End.Exited(0)) || ran.stdout().length != 100) {
            throw new IllegalStateException("the guest ended as " + ran.end());
        }
        return ran.usage().wallNanos();
    }

    private static Ran ran(SandboxRun run) {
        RunResult result = run.result().toCompletableFuture().join();
        if (result instanceof Ran ran) {
            return ran;
        }
        throw new IllegalStateException("not run: " + result);
    }
}

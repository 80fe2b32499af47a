package io.wasmwiz.executor.sandbox.wasmtime;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.wasmwiz.executor.sandbox.RunResult;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * The sandbox's meters. None is labelled with an account or a module.
 *
 * <p>{@code wasmwiz.sandbox.runs} counts every run once by how it ended, the refused ones included;
 * {@code wasmwiz.sandbox.compile} times what the cache of a worker did not have, loads from the cache on disk included.
 */
public final class SandboxMetrics {
    private final Map<String, Counter> ends = new ConcurrentHashMap<>();
    private final MeterRegistry registry;
    private final Counter hits;
    private final Counter misses;
    private final Timer compiled;
    private final Timer rejected;

    public SandboxMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.hits = lookups("hit");
        this.misses = lookups("miss");
        this.compiled = compilations("compiled");
        this.rejected = compilations("rejected");
    }

    /** Watches tasks: {@code depth} that have not started, {@code inProgress} that were taken and have not ended. */
    public void queue(IntSupplier depth, IntSupplier inProgress) {
        Gauge.builder("wasmwiz.sandbox.tasks.in.progress", inProgress::getAsInt)
                .description("tasks that a sandbox took and that have not ended")
                .register(registry);
        Gauge.builder("wasmwiz.sandbox.queue.depth", depth::getAsInt)
                .description("tasks that wait for a sandbox")
                .register(registry);
    }

    void lookedUp(boolean hit) {
        (hit ? hits : misses).increment();
    }

    void compiled(boolean accepted, long nanos) {
        (accepted ? compiled : rejected).record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Counts a run, once. */
    public void ended(RunResult result) {
        // A registry's look-up by tags costs as much as the rest of the boundary's book-keeping.
        ends.computeIfAbsent(word(result), end -> registry.counter("wasmwiz.sandbox.runs", "end", end))
                .increment();
    }

    private static String word(RunResult result) {
        if (result instanceof RunResult.Refused refused) {
            return "refused_" + refused.cause().name().toLowerCase(Locale.ROOT);
        }
        RunResult.End end = ((RunResult.Ran) result).end();
        if (end instanceof RunResult.End.Exited exited) {
            return exited.code() == 0 ? "completed" : "failed";
        }
        if (end instanceof RunResult.End.Trapped) {
            return "trapped";
        }
        if (end instanceof RunResult.End.TimedOut) {
            return "timed_out";
        }
        return end instanceof RunResult.End.Cancelled ? "cancelled" : "crashed";
    }

    private Counter lookups(String result) {
        return Counter.builder("wasmwiz.sandbox.modules")
                .description("look-ups of compiled modules in a worker's cache")
                .tag("result", result)
                .register(registry);
    }

    private Timer compilations(String result) {
        return Timer.builder("wasmwiz.sandbox.compile")
                .description("time to rewrite and compile a module, or to load it from the cache on disk")
                .tag("result", result)
                .register(registry);
    }
}

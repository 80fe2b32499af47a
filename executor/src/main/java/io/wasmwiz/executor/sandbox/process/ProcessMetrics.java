package io.wasmwiz.executor.sandbox.process;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.process.SandboxProcess.State;
import io.wasmwiz.executor.sandbox.process.SandboxProcessMain.Role;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;

/**
 * Meters of sandbox processes: {@code wasmwiz.sandbox.processes} by role and state, {@code .starts} by role,
 * {@code .deaths} by role and cause, {@code .retries} (runs whose process died before they started), {@code .recalls}
 * (runs sent ahead behind one that turned out long), {@code wasmwiz.sandbox.compile} by outcome.
 */
final class ProcessMetrics {
    private final MeterRegistry registry;
    private final Counter retries;
    private final Counter recalls;

    ProcessMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.retries = Counter.builder("wasmwiz.sandbox.process.retries")
                .description("runs that went to another process because theirs died before they started")
                .register(registry);
        this.recalls = Counter.builder("wasmwiz.sandbox.process.recalls")
                .description("runs taken back from behind one that turned out long")
                .register(registry);
    }

    void watch(Role role, ToIntFunction<State> count) {
        for (State state : State.values()) {
            if (state != State.DEAD) {
                Gauge.builder("wasmwiz.sandbox.processes", () -> count.applyAsInt(state))
                        .description("sandbox processes")
                        .tag("role", role.word())
                        .tag("state", state.name().toLowerCase(Locale.ROOT))
                        .register(registry);
            }
        }
    }

    void code(CodeCache code) {
        Gauge.builder("wasmwiz.sandbox.code.bytes", code, CodeCache::bytes)
                .description("compiled code on disk")
                .register(registry);
        Gauge.builder("wasmwiz.sandbox.code.modules", code, CodeCache::size)
                .description("modules whose compiled code is on disk")
                .register(registry);
    }

    void started(Role role) {
        registry.counter("wasmwiz.sandbox.process.starts", "role", role.word()).increment();
    }

    void died(Role role, Death death) {
        registry.counter("wasmwiz.sandbox.process.deaths", "role", role.word(), "cause", death.cause())
                .increment();
    }

    void retried() {
        retries.increment();
    }

    void recalled() {
        recalls.increment();
    }

    void compiled(Compilation compilation, long nanos) {
        String result = compilation instanceof Compilation.Compiled
                ? "compiled"
                : compilation instanceof Compilation.Rejected ? "rejected" : "unavailable";
        Timer.builder("wasmwiz.sandbox.compile")
                .description("time to compile a module, waiting included")
                .tag("result", result)
                .register(registry)
                .record(nanos, TimeUnit.NANOSECONDS);
    }
}

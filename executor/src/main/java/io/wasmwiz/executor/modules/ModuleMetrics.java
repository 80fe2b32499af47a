package io.wasmwiz.executor.modules;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.sandbox.Compilation;
import java.util.function.LongSupplier;

/** The library's meters, beside those that Caffeine has of its cache. None is labelled with an account or a module. */
final class ModuleMetrics {
    private final MeterRegistry registry;

    ModuleMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    void cachedBytes(LongSupplier bytes) {
        gauge("wasmwiz.modules.cached.bytes", "Bytes of modules kept in memory", bytes);
    }

    void heldBytes(LongSupplier bytes) {
        gauge(
                "wasmwiz.inspection.held.bytes",
                "Bytes of modules that runs brought along and that are not kept yet",
                bytes);
    }

    /** A module was read from the store. */
    void loaded(String result) {
        counter("wasmwiz.modules.loads", "Reads of modules from the store", "result", result)
                .increment();
    }

    /** A caller waits for a load or a compilation that another began. */
    void joined(String step) {
        counter("wasmwiz.modules.joined", "Callers that share another's load or compilation", "step", step)
                .increment();
    }

    void inspected(boolean accepted) {
        counter("wasmwiz.modules.inspections", "Modules inspected", "result", accepted ? "accepted" : "refused")
                .increment();
    }

    void compiled(Compilation compilation) {
        String result = "unavailable";
        if (compilation instanceof Compilation.Compiled compiled) {
            result = compiled.cached() ? "cached" : "compiled";
        } else if (compilation instanceof Compilation.Rejected) {
            result = "rejected";
        }
        counter("wasmwiz.modules.compilations", "Modules compiled before they are kept", "result", result)
                .increment();
    }

    private Counter counter(String name, String description, String tag, String value) {
        return Counter.builder(name).description(description).tag(tag, value).register(registry);
    }

    private void gauge(String name, String description, LongSupplier value) {
        Gauge.builder(name, value::getAsLong).description(description).register(registry);
    }
}

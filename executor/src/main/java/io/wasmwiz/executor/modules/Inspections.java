package io.wasmwiz.executor.modules;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.sandbox.ModuleCode;
import java.time.Duration;
import java.util.List;

/**
 * What inspection, or the engine's compiler, lately said of modules: many who bring the same one have it inspected once,
 * and one that was refused is refused again without the work. Bounded by bytes and by time. Thread-safe.
 */
final class Inspections {
    static final String REJECTED_BY_ENGINE = "MODULE_REJECTED_BY_ENGINE";

    private static final long MAX_BYTES = 16L << 20;
    /** What an entry takes beside its strings, roughly. */
    private static final int ENTRY_BYTES = 512;

    private final ModuleInspector inspector;
    private final ModuleMetrics metrics;
    private final Cache<ModuleKey, ModuleInspection> lately;

    Inspections(ModuleInspector inspector, Duration maxAge, Ticker ticker, ModuleMetrics metrics) {
        this.inspector = inspector;
        this.metrics = metrics;
        this.lately = Caffeine.newBuilder()
                .maximumWeight(MAX_BYTES)
                .<ModuleKey, ModuleInspection>weigher((key, inspection) -> weight(inspection))
                .expireAfterWrite(maxAge)
                .ticker(ticker)
                .executor(Runnable::run)
                .build();
    }

    /** Inspects, or waits for who inspects the same module for the same account. */
    ModuleLookup inspect(ModuleCode code) {
        ModuleInspection inspection = lately.get(ModuleKey.of(code), key -> {
            ModuleInspection made = inspector.inspect(code.bytes());
            metrics.inspected(made instanceof ModuleInspection.Accepted);
            return made;
        });
        return inspection instanceof ModuleInspection.Accepted accepted
                ? new ModuleLookup.Fresh(code, accepted.findings())
                : new ModuleLookup.Refused(refusal((ModuleInspection.Refused) inspection));
    }

    /** Remembers what the compiler said; returns what to tell the caller. */
    Refusal rejected(ModuleCode code, String message) {
        ModuleInspection.Refused refused = new ModuleInspection.Refused(REJECTED_BY_ENGINE, message);
        lately.put(ModuleKey.of(code), refused);
        return refusal(refused);
    }

    private static Refusal refusal(ModuleInspection.Refused refused) {
        return new Refusal.ModuleRefused(refused.reason(), refused.message(), refused.figures());
    }

    private static int weight(ModuleInspection inspection) {
        if (inspection instanceof ModuleInspection.Accepted accepted) {
            ModuleFindings findings = accepted.findings();
            return ENTRY_BYTES
                    + findings.imports().stream()
                            .mapToInt(i -> weight(List.of(i.name(), i.type())))
                            .sum()
                    + findings.exports().stream()
                            .mapToInt(e -> weight(List.of(e.name(), e.type())))
                            .sum();
        }
        ModuleInspection.Refused refused = (ModuleInspection.Refused) inspection;
        return ENTRY_BYTES
                + 2 * refused.message().length()
                + weight(refused.figures().values());
    }

    private static int weight(Iterable<String> strings) {
        int bytes = 64;
        for (String string : strings) {
            bytes += 64 + 2 * string.length();
        }
        return bytes;
    }
}

package io.wasmwiz.executor.modules;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.cache.CaffeineCacheMetrics;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Modules' bytes in memory by account and digest: bounded by bytes and by time, and loaded once however many ask at the
 * same time. Neither failures nor absences are kept. Loads in progress are as many as the threads and the queue behind
 * {@code load} take. Thread-safe; never blocks.
 */
final class ModuleCache {
    /** What an entry takes beside the module's bytes, roughly. */
    private static final int ENTRY_BYTES = 512;

    private record Key(UUID accountId, ModuleDigest digest) {}

    private final Cache<Key, LoadedModule> modules;

    /** Loads in progress. Its lock also orders the end of a load against {@link #forget}. */
    private final Map<Key, CompletableFuture<@Nullable LoadedModule>> loads = new HashMap<>();

    ModuleCache(long maxBytes, Duration maxAge, Ticker ticker, MeterRegistry metrics) {
        modules = Caffeine.newBuilder()
                .maximumWeight(maxBytes)
                .<Key, LoadedModule>weigher((key, module) -> module.code().bytes().length + ENTRY_BYTES)
                .expireAfterWrite(maxAge)
                .ticker(ticker)
                .executor(Runnable::run)
                .recordStats()
                .build();
        CaffeineCacheMetrics.monitor(metrics, modules, "modules");
    }

    /** The module, from memory or by {@code load}, which completes with null when there is none. */
    CompletionStage<@Nullable LoadedModule> get(
            UUID accountId, ModuleDigest digest, Supplier<CompletionStage<@Nullable LoadedModule>> load) {
        Key key = new Key(accountId, digest);
        LoadedModule cached = modules.getIfPresent(key);
        if (cached != null) {
            return CompletableFuture.completedFuture(cached);
        }
        CompletableFuture<@Nullable LoadedModule> mine = new CompletableFuture<>();
        synchronized (loads) {
            CompletableFuture<@Nullable LoadedModule> others = loads.putIfAbsent(key, mine);
            if (others != null) {
                return others;
            }
        }
        load.get().whenComplete((module, failure) -> {
            end(key, mine, module);
            if (failure == null) {
                mine.complete(module);
            } else {
                mine.completeExceptionally(failure);
            }
        });
        return mine;
    }

    private void end(Key key, CompletableFuture<@Nullable LoadedModule> load, @Nullable LoadedModule module) {
        synchronized (loads) {
            boolean notForgotten = loads.remove(key, load);
            if (notForgotten && module != null) {
                modules.put(key, module);
            }
        }
    }

    void put(LoadedModule module) {
        modules.put(new Key(module.code().accountId(), module.code().digest()), module);
    }

    /** Forgets a module; what a load in progress brings is not kept either. */
    void forget(UUID accountId, ModuleDigest digest) {
        Key key = new Key(accountId, digest);
        synchronized (loads) {
            loads.remove(key);
            modules.invalidate(key);
        }
    }
}

package io.wasmwiz.executor.modules;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.cache.CaffeineCacheMetrics;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Modules' bytes in memory by account and digest: bounded by bytes and by time, and loaded once however many ask at the
 * same time. Neither failures nor absences are kept. Thread-safe; never blocks.
 */
final class ModuleCache {
    /** What an entry takes beside the module's bytes, roughly. */
    private static final int ENTRY_BYTES = 512;

    private record Key(UUID accountId, ModuleDigest digest) {}

    private final AsyncCache<Key, LoadedModule> modules;

    ModuleCache(long maxBytes, Duration maxAge, Ticker ticker, MeterRegistry metrics) {
        modules = Caffeine.newBuilder()
                .maximumWeight(maxBytes)
                .<Key, LoadedModule>weigher((key, module) -> module.code().bytes().length + ENTRY_BYTES)
                .expireAfterWrite(maxAge)
                .ticker(ticker)
                .executor(Runnable::run)
                .recordStats()
                .buildAsync();
        CaffeineCacheMetrics.monitor(metrics, modules.synchronous(), "modules");
    }

    /** The module, from memory or by {@code load}, which completes with null when there is none. */
    CompletionStage<@Nullable LoadedModule> get(
            UUID accountId, ModuleDigest digest, Supplier<CompletableFuture<@Nullable LoadedModule>> load) {
        return modules.get(new Key(accountId, digest), (key, executor) -> load.get());
    }

    void put(LoadedModule module) {
        Key key = new Key(module.code().accountId(), module.code().digest());
        modules.put(key, CompletableFuture.completedFuture(module));
    }

    /** Forgets a module; a load in progress is not kept either. */
    void forget(UUID accountId, ModuleDigest digest) {
        modules.synchronous().invalidate(new Key(accountId, digest));
    }
}

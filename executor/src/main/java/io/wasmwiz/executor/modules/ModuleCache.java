package io.wasmwiz.executor.modules;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.cache.CaffeineCacheMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Modules' bytes in memory by account and digest: bounded by bytes, by time and for each account to a quarter of the
 * bytes, and loaded once however many ask at the same time. Neither failures nor absences are kept. Loads in progress are as many as the threads and the queue behind
 * {@code load} take. Thread-safe; never blocks.
 */
final class ModuleCache {
    /** What an entry takes beside the module's bytes, roughly. */
    private static final int ENTRY_BYTES = 512;

    private static final int SHARES = 4;

    private final Cache<ModuleKey, LoadedModule> modules;
    private final long maxBytesPerAccount;
    private final ModuleMetrics metrics;

    /** What each account has in the cache, oldest first, as that leaves first by its age anyway. */
    private final ConcurrentHashMap<UUID, Shelf> shelves = new ConcurrentHashMap<>();

    private final AtomicLong bytes = new AtomicLong();

    /** Loads in progress. Its lock also orders the end of a load against {@link #forget}. */
    private final Map<ModuleKey, CompletableFuture<@Nullable LoadedModule>> loads = new HashMap<>();

    ModuleCache(long maxBytes, Duration maxAge, Ticker ticker, MeterRegistry registry, ModuleMetrics metrics) {
        this.maxBytesPerAccount = maxBytes / SHARES;
        this.metrics = metrics;
        modules = Caffeine.newBuilder()
                .maximumWeight(maxBytes)
                .<ModuleKey, LoadedModule>weigher((key, module) -> weight(module))
                .expireAfterWrite(maxAge)
                .ticker(ticker)
                .executor(Runnable::run)
                .removalListener((key, module, cause) -> left(key, module))
                .recordStats()
                .build();
        CaffeineCacheMetrics.monitor(registry, modules, "modules");
        metrics.cachedBytes(bytes::get);
    }

    /** An account's modules and how many bytes they have together. Guarded by the map that holds it. */
    private static final class Shelf {
        private final Map<ModuleDigest, LoadedModule> modules = new LinkedHashMap<>();
        private long bytes;
    }

    /** The module, from memory or by {@code load}, which completes with null when there is none. */
    CompletionStage<@Nullable LoadedModule> get(
            UUID accountId, ModuleDigest digest, Supplier<CompletionStage<@Nullable LoadedModule>> load) {
        ModuleKey key = new ModuleKey(accountId, digest);
        LoadedModule cached = modules.getIfPresent(key);
        if (cached != null) {
            return CompletableFuture.completedFuture(cached);
        }
        CompletableFuture<@Nullable LoadedModule> mine = new CompletableFuture<>();
        synchronized (loads) {
            CompletableFuture<@Nullable LoadedModule> others = loads.putIfAbsent(key, mine);
            if (others != null) {
                metrics.joined("load");
                return others;
            }
        }
        load.get().whenComplete((module, failure) -> {
            end(key, mine, module);
            metrics.loaded(failure != null ? "failed" : module == null ? "absent" : "found");
            if (failure == null) {
                mine.complete(module);
            } else {
                mine.completeExceptionally(failure);
            }
        });
        return mine;
    }

    private void end(ModuleKey key, CompletableFuture<@Nullable LoadedModule> load, @Nullable LoadedModule module) {
        synchronized (loads) {
            boolean notForgotten = loads.remove(key, load);
            if (notForgotten && module != null) {
                put(module);
            }
        }
    }

    /** Keeps a module, and of its account no more than its share, or this one: the account's own oldest make room. */
    void put(LoadedModule module) {
        ModuleKey key = ModuleKey.of(module.code());
        modules.put(key, module);
        List<ModuleKey> tooMuch = new ArrayList<>();
        shelves.compute(key.accountId(), (account, before) -> {
            Shelf shelf = before == null ? new Shelf() : before;
            place(shelf, key.digest(), module);
            long over = shelf.bytes - maxBytesPerAccount;
            for (Map.Entry<ModuleDigest, LoadedModule> oldest : shelf.modules.entrySet()) {
                if (over <= 0 || oldest.getKey().equals(key.digest())) {
                    break;
                }
                over -= weight(oldest.getValue());
                tooMuch.add(new ModuleKey(account, oldest.getKey()));
            }
            return shelf;
        });
        // Not above: removing an entry comes back to its shelf.
        tooMuch.forEach(modules::invalidate);
        if (modules.policy().getIfPresentQuietly(key) != module) {
            left(key, module);
        }
    }

    private void place(Shelf shelf, ModuleDigest digest, LoadedModule module) {
        LoadedModule before = shelf.modules.remove(digest);
        shelf.modules.put(digest, module);
        long more = weight(module) - (before == null ? 0 : weight(before));
        shelf.bytes += more;
        bytes.addAndGet(more);
    }

    private void left(@Nullable ModuleKey key, @Nullable LoadedModule module) {
        if (key == null || module == null) {
            return;
        }
        shelves.computeIfPresent(key.accountId(), (account, shelf) -> {
            if (shelf.modules.remove(key.digest(), module)) {
                shelf.bytes -= weight(module);
                bytes.addAndGet(-weight(module));
            }
            return shelf.modules.isEmpty() ? null : shelf;
        });
    }

    private static int weight(LoadedModule module) {
        return module.code().bytes().length + module.invocables().heldBytes() + ENTRY_BYTES;
    }

    /** Forgets a module; what a load in progress brings is not kept either. */
    void forget(UUID accountId, ModuleDigest digest) {
        ModuleKey key = new ModuleKey(accountId, digest);
        synchronized (loads) {
            loads.remove(key);
            modules.invalidate(key);
        }
    }
}

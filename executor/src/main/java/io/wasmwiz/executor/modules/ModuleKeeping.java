package io.wasmwiz.executor.modules;

import io.wasmwiz.executor.modules.ModuleStore.Keeping;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.work.WorkPool;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Compiles a module and then keeps it, once for all who bring the same one at the same time. Who waits for it has no part
 * in it: a caller that goes away fails no other. Thread-safe; never blocks.
 */
final class ModuleKeeping {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    /** What was kept; {@code compiledBefore}: the sandbox had it. */
    record Kept(StoredModule module, boolean alreadyExisted, boolean compiledBefore) {}

    private final ModuleStore store;
    private final SandboxRuntime sandbox;
    private final WorkPool database;
    private final ModuleCache cache;
    private final Inspections inspections;
    private final ModuleMetrics metrics;
    private final int limitPerAccount;

    /** In progress. Guarded by itself. */
    private final Map<ModuleKey, CompletableFuture<Kept>> inProgress = new HashMap<>();

    ModuleKeeping(
            ModuleStore store,
            SandboxRuntime sandbox,
            WorkPool database,
            ModuleCache cache,
            Inspections inspections,
            ModuleMetrics metrics,
            int limitPerAccount) {
        this.store = store;
        this.sandbox = sandbox;
        this.database = database;
        this.cache = cache;
        this.inspections = inspections;
        this.metrics = metrics;
        this.limitPerAccount = limitPerAccount;
    }

    /** Compiles and keeps; {@code name} as in {@link ModuleLibrary#upload}. */
    CompletionStage<Kept> keep(ModuleLookup.Fresh fresh, String name) {
        ModuleKey key = ModuleKey.of(fresh.code());
        CompletableFuture<Kept> mine = new CompletableFuture<>();
        CompletableFuture<Kept> others;
        synchronized (inProgress) {
            others = inProgress.putIfAbsent(key, mine);
        }
        if (others != null) {
            metrics.joined("keep");
            return others.thenCompose(kept -> relabelled(key, kept, name));
        }
        compileAndKeep(fresh, name).whenComplete((kept, failure) -> {
            synchronized (inProgress) {
                inProgress.remove(key);
            }
            if (failure == null) {
                mine.complete(kept);
            } else {
                mine.completeExceptionally(failure);
            }
        });
        return mine;
    }

    /** The label of the last one who has one stays, as if they had come one after the other. */
    private CompletionStage<Kept> relabelled(ModuleKey key, Kept kept, String name) {
        if (name.isEmpty()) {
            return CompletableFuture.completedFuture(new Kept(kept.module(), true, kept.compiledBefore()));
        }
        return database.submit(() -> {
            Optional<StoredModule> relabelled = store.relabel(key.accountId(), key.digest(), name);
            return new Kept(relabelled.orElseGet(kept::module), true, kept.compiledBefore());
        });
    }

    // The limit is asked first, because compiling is dear, and enforced by the store, because others keep meanwhile.
    private CompletionStage<Kept> compileAndKeep(ModuleLookup.Fresh fresh, String name) {
        return database.submit(() -> requireRoom(fresh.code()))
                .thenCompose(sandbox::compile)
                .thenCompose(compilation -> {
                    metrics.compiled(compilation);
                    return database.submit(() -> keep(fresh, name, requireCompiled(fresh.code(), compilation)));
                });
    }

    private Kept keep(ModuleLookup.Fresh fresh, String name, Compilation.Compiled compiled) {
        Keeping keeping = store.keep(fresh.code(), fresh.findings(), name, limitPerAccount);
        if (!(keeping instanceof Keeping.Kept kept)) {
            throw new RefusedException(new Refusal.ModuleLimitReached(limitPerAccount));
        }
        cache.put(LoadedModule.of(fresh.code(), fresh.findings()));
        return new Kept(kept.module(), kept.alreadyExisted(), compiled.cached());
    }

    private ModuleCode requireRoom(ModuleCode code) {
        if (!store.hasRoomFor(code.accountId(), code.digest(), limitPerAccount)) {
            throw new RefusedException(new Refusal.ModuleLimitReached(limitPerAccount));
        }
        return code;
    }

    private Compilation.Compiled requireCompiled(ModuleCode code, Compilation compilation) {
        if (compilation instanceof Compilation.Rejected rejected) {
            throw new RefusedException(inspections.rejected(code, rejected.message()));
        }
        if (compilation instanceof Compilation.Unavailable) {
            throw new RefusedException(new Refusal.ServerBusy("compiler", RETRY_AFTER));
        }
        return (Compilation.Compiled) compilation;
    }
}

package io.wasmwiz.executor.modules;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.modules.ModuleStore.Keeping;
import io.wasmwiz.executor.modules.ModuleStore.Position;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.work.ByteBudget;
import io.wasmwiz.executor.work.FairPool;
import io.wasmwiz.executor.work.WorkPool;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * An account's modules as calls see them: inspected and compiled before they are kept, found in memory where possible.
 * Uploads and modules that a run brings along take the same path. Thread-safe; never blocks; owns nothing.
 *
 * <p>Stages complete with {@link RefusedException} for what a caller is to be told.
 */
public final class ModuleLibrary {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final ModuleStore store;
    private final WorkPool database;
    private final FairPool inspection;
    private final ModuleCache cache;
    private final Inspections inspections;
    private final ModuleKeeping keeping;
    /** Bytes of inline modules between their arrival and the end of their being looked up, or kept. */
    private final ByteBudget inlineBytes;

    public ModuleLibrary(
            ModulesConfig config,
            ModuleStore store,
            ModuleInspector inspector,
            SandboxRuntime sandbox,
            WorkPool database,
            FairPool inspection,
            MeterRegistry registry) {
        this.store = store;
        this.database = database;
        this.inspection = inspection;
        ModuleMetrics metrics = new ModuleMetrics(registry);
        Ticker ticker = Ticker.systemTicker();
        this.cache = new ModuleCache(config.cacheBytes(), config.cacheTime(), ticker, registry, metrics);
        this.inspections = new Inspections(inspector, config.cacheTime(), ticker, metrics);
        this.keeping = new ModuleKeeping(store, sandbox, database, cache, inspections, metrics, config.perAccount());
        this.inlineBytes = new ByteBudget(config.inspectionBytes());
        metrics.heldBytes(inlineBytes::heldBytes);
    }

    /**
     * Finds what a run is to use. Reads and inspects at most; compiles and keeps nothing. To be closed once the result is
     * no longer {@link ModuleLookup.Fresh} or was given up.
     */
    public ModuleTask<ModuleLookup> find(UUID accountId, ModuleRef ref) {
        if (ref instanceof ModuleRef.ByDigest named) {
            return new ModuleTask<ModuleLookup>(inspection, accountId, () -> {})
                    .completeAs(known(accountId, named.digest())
                            .thenApply(module -> module == null
                                    ? new ModuleLookup.Refused(new Refusal.ModuleNotFound(
                                            named.digest().toString()))
                                    : new ModuleLookup.Known(module)));
        }
        byte[] bytes = ((ModuleRef.Inline) ref).bytes();
        if (!inlineBytes.tryTake(accountId, bytes.length)) {
            return new ModuleTask<ModuleLookup>(inspection, accountId, () -> {})
                    .refuse(new Refusal.ServerBusy("inspection", RETRY_AFTER));
        }
        ModuleTask<ModuleLookup> task =
                new ModuleTask<>(inspection, accountId, () -> inlineBytes.giveBack(accountId, bytes.length));
        task.result().whenComplete((found, failure) -> {
            if (!(found instanceof ModuleLookup.Fresh)) {
                task.close();
            }
        });
        return task.completeAs(task.step(() -> ModuleDigest.of(bytes))
                .thenCompose(digest -> known(accountId, digest)
                        .thenCompose(module -> module == null
                                ? task.step(() -> inspections.inspect(new ModuleCode(accountId, digest, bytes)))
                                : CompletableFuture.completedFuture(new ModuleLookup.Known(module)))));
    }

    /** Compiles and keeps a module that a run brought along; many who bring the same one share it. */
    public CompletionStage<ReadyModule> keep(ModuleLookup.Fresh fresh) {
        return keeping.keep(fresh, "")
                .thenApply(kept ->
                        new ReadyModule(LoadedModule.of(fresh.code(), fresh.findings()), kept.compiledBefore()));
    }

    /**
     * Takes an upload.
     *
     * @param expected digest that the bytes must have; empty: not checked
     * @param name label; empty: none, and an earlier one stays
     */
    public ModuleTask<Keeping.Kept> upload(UUID accountId, byte[] bytes, Optional<ModuleDigest> expected, String name) {
        ModuleTask<Keeping.Kept> task = new ModuleTask<>(inspection, accountId, () -> {});
        return task.completeAs(task.step(() -> digestOf(bytes, expected))
                .thenCompose(digest -> database.submit(() -> store.relabel(accountId, digest, name))
                        .thenCompose(existing -> existing.isPresent()
                                ? CompletableFuture.completedFuture(new Keeping.Kept(existing.get(), true))
                                : task.step(() -> inspections.inspect(new ModuleCode(accountId, digest, bytes)))
                                        .thenCompose(found -> keeping.keep(freshOrThrow(found), name))
                                        .thenApply(kept -> new Keeping.Kept(kept.module(), kept.alreadyExisted())))));
    }

    /** Everything but the bytes. */
    public CompletionStage<StoredModule> get(UUID accountId, ModuleDigest digest) {
        return database.submit(() -> store.find(accountId, digest).orElseThrow(() -> notFound(digest)));
    }

    /** A page, as {@link ModuleStore#list}. */
    public CompletionStage<List<StoredModule>> list(UUID accountId, Optional<Position> after, int size) {
        return database.submit(() -> store.list(accountId, after, size));
    }

    /** Deletes a module; other replicas may run it from memory until their cache time is up. */
    public CompletionStage<ModuleDigest> delete(UUID accountId, ModuleDigest digest) {
        return database.submit(() -> {
            boolean deleted = store.delete(accountId, digest);
            cache.forget(accountId, digest);
            if (!deleted) {
                throw notFound(digest);
            }
            return digest;
        });
    }

    private CompletionStage<@Nullable LoadedModule> known(UUID accountId, ModuleDigest digest) {
        return cache.get(
                accountId,
                digest,
                () -> database.submit(() -> store.load(accountId, digest).orElse(null)));
    }

    private static ModuleLookup.Fresh freshOrThrow(ModuleLookup found) {
        if (found instanceof ModuleLookup.Refused no) {
            throw new RefusedException(no.refusal());
        }
        return (ModuleLookup.Fresh) found;
    }

    private static ModuleDigest digestOf(byte[] bytes, Optional<ModuleDigest> expected) {
        ModuleDigest digest = ModuleDigest.of(bytes);
        if (expected.isPresent() && !expected.get().equals(digest)) {
            throw new RefusedException(new Refusal.InvalidFields(
                    "header.digest",
                    "UPLOAD_DIGEST_MISMATCH",
                    "the uploaded bytes have the SHA-256 " + digest + ", the header says " + expected.get()));
        }
        return digest;
    }

    private static RefusedException notFound(ModuleDigest digest) {
        return new RefusedException(new Refusal.ModuleNotFound(digest.toString()));
    }
}

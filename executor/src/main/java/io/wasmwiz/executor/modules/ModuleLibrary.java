package io.wasmwiz.executor.modules;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.modules.ModuleStore.Keeping;
import io.wasmwiz.executor.modules.ModuleStore.Position;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
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
    private final ModuleInspector inspector;
    private final SandboxRuntime sandbox;
    private final WorkPool database;
    private final WorkPool inspection;
    private final ModuleCache cache;
    private final int limitPerAccount;

    public ModuleLibrary(
            ModulesConfig config,
            ModuleStore store,
            ModuleInspector inspector,
            SandboxRuntime sandbox,
            WorkPool database,
            WorkPool inspection,
            MeterRegistry metrics) {
        this.store = store;
        this.inspector = inspector;
        this.sandbox = sandbox;
        this.database = database;
        this.inspection = inspection;
        this.cache = new ModuleCache(config.cacheBytes(), config.cacheTime(), Ticker.systemTicker(), metrics);
        this.limitPerAccount = config.perAccount();
    }

    /** Finds what a run is to use. Reads and inspects at most; compiles and keeps nothing. */
    public CompletionStage<ModuleLookup> find(UUID accountId, ModuleRef ref) {
        if (ref instanceof ModuleRef.ByDigest named) {
            return known(accountId, named.digest())
                    .thenApply(module -> module == null
                            ? new ModuleLookup.Refused(
                                    new Refusal.ModuleNotFound(named.digest().toString()))
                            : new ModuleLookup.Known(module));
        }
        byte[] bytes = ((ModuleRef.Inline) ref).bytes();
        return inspection
                .submit(() -> ModuleDigest.of(bytes))
                .thenCompose(digest -> known(accountId, digest)
                        .thenCompose(module -> module == null
                                ? inspection.submit(() -> inspect(new ModuleCode(accountId, digest, bytes)))
                                : CompletableFuture.completedFuture(new ModuleLookup.Known(module))));
    }

    /** Compiles and keeps a module that a run brought along. */
    public CompletionStage<LoadedModule> keep(ModuleLookup.Fresh fresh) {
        return keep(fresh, "").thenApply(kept -> loaded(fresh));
    }

    /**
     * Takes an upload.
     *
     * @param expected digest that the bytes must have; empty: not checked
     * @param name label; empty: none, and an earlier one stays
     */
    public CompletionStage<Keeping.Kept> upload(
            UUID accountId, byte[] bytes, Optional<ModuleDigest> expected, String name) {
        return inspection
                .submit(() -> digestOf(bytes, expected))
                .thenCompose(digest -> database.submit(() -> store.relabel(accountId, digest, name))
                        .thenCompose(existing -> existing.isPresent()
                                ? CompletableFuture.completedFuture(new Keeping.Kept(existing.get(), true))
                                : inspection
                                        .submit(() -> inspect(new ModuleCode(accountId, digest, bytes)))
                                        .thenCompose(found -> keep(freshOrThrow(found), name))));
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

    private ModuleLookup inspect(ModuleCode code) {
        ModuleInspection inspection = inspector.inspect(code.bytes());
        if (inspection instanceof ModuleInspection.Refused no) {
            return new ModuleLookup.Refused(new Refusal.ModuleRefused(no.reason(), no.message()));
        }
        return new ModuleLookup.Fresh(code, ((ModuleInspection.Accepted) inspection).findings());
    }

    private CompletionStage<Keeping.Kept> keep(ModuleLookup.Fresh fresh, String name) {
        // The limit is asked first, because compiling is dear, and enforced by the store, because others keep
        // meanwhile.
        return database.submit(() -> requireRoom(fresh.code()))
                .thenCompose(sandbox::compile)
                .thenCompose(compilation -> database.submit(() -> {
                    requireCompiled(compilation);
                    Keeping keeping = store.keep(fresh.code(), fresh.findings(), name, limitPerAccount);
                    if (!(keeping instanceof Keeping.Kept kept)) {
                        throw new RefusedException(new Refusal.ModuleLimitReached(limitPerAccount));
                    }
                    cache.put(loaded(fresh));
                    return kept;
                }));
    }

    private ModuleCode requireRoom(ModuleCode code) {
        if (!store.hasRoomFor(code.accountId(), code.digest(), limitPerAccount)) {
            throw new RefusedException(new Refusal.ModuleLimitReached(limitPerAccount));
        }
        return code;
    }

    private static void requireCompiled(Compilation compilation) {
        if (compilation instanceof Compilation.Rejected rejected) {
            throw new RefusedException(new Refusal.ModuleRefused("MODULE_REJECTED_BY_ENGINE", rejected.message()));
        }
        if (compilation instanceof Compilation.Unavailable) {
            throw new RefusedException(new Refusal.ServerBusy("compiler", RETRY_AFTER));
        }
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

    private static LoadedModule loaded(ModuleLookup.Fresh fresh) {
        return new LoadedModule(fresh.code(), fresh.findings().memoryMinimumPages());
    }
}

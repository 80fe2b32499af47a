package io.wasmwiz.executor.sandbox.wasmtime;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.kawamuray.wasmtime.Engine;
import io.github.kawamuray.wasmtime.Module;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.wasm.SandboxModule;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One worker's compiled modules. Used on that worker's thread only; a module that leaves the cache is disposed between
 * tasks, never under a run.
 */
final class CompiledModules implements AutoCloseable {
    /** Bytes of WebAssembly whose compiled form one worker keeps; machine code takes two to five times as much. */
    private static final long CACHED_BYTES = 128L << 20;
    /** Modules of which the sandbox remembers that one of its workers compiled them. */
    private static final long KNOWN_MODULES = 100_000;

    private final Deque<Compiled> retired = new ArrayDeque<>();
    private final Cache<Key, Compiled> cache = Caffeine.newBuilder()
            .maximumWeight(CACHED_BYTES)
            .weigher((Key key, Compiled compiled) -> compiled.bytes())
            .executor(Runnable::run)
            .removalListener((key, compiled, cause) -> retire(compiled))
            .build();
    private final Engine engine;
    private final Shared shared;
    private final KeptStores stores;

    CompiledModules(Engine engine, Shared shared, KeptStores stores) {
        this.engine = engine;
        this.shared = shared;
        this.stores = stores;
    }

    /** What the workers of a sandbox share. Thread-safe. */
    static final class Shared {
        private final Cache<Key, Boolean> known =
                Caffeine.newBuilder().maximumSize(KNOWN_MODULES).build();
        private final SandboxMetrics metrics;

        Shared(SandboxMetrics metrics) {
            this.metrics = metrics;
        }
    }

    /** Compiled code is never shared between accounts. */
    private record Key(UUID accountId, ModuleDigest digest) {}

    /** One account's module, compiled by one engine. Equal to itself only. */
    static final class Compiled {
        private final SandboxModule code;
        private final Module module;
        private long lastRun = Long.MIN_VALUE / 2;

        Compiled(SandboxModule code, Module module) {
            this.code = code;
            this.module = module;
        }

        SandboxModule code() {
            return code;
        }

        Module module() {
            return module;
        }

        /** Notes that it ran as its worker's run of this number; the number that was noted before, or a very small one. */
        long swapLastRun(long number) {
            long before = lastRun;
            lastRun = number;
            return before;
        }

        private int bytes() {
            return code.bytes().length + code.names().bytes();
        }
    }

    /**
     * A compiled module, good until the worker's next task.
     *
     * @param cached whether a worker of this sandbox had compiled it before
     */
    record Lookup(Compiled module, boolean cached) {}

    /** From this worker's cache, else from the cache on disk or the compiler. */
    Lookup get(ModuleCode module) throws ModuleRejectedException {
        var key = new Key(module.accountId(), module.digest());
        Compiled compiled = cache.getIfPresent(key);
        boolean known = shared.known.getIfPresent(key) != null;
        shared.metrics.lookedUp(compiled != null);
        if (compiled == null) {
            compiled = compile(module);
            cache.put(key, compiled);
            shared.known.put(key, true);
        }
        return new Lookup(compiled, known);
    }

    private Compiled compile(ModuleCode module) throws ModuleRejectedException {
        long startNanos = System.nanoTime();
        boolean compiled = false;
        try {
            Compiled result = ModuleCompiler.compile(engine, module);
            compiled = true;
            return result;
        } finally {
            shared.metrics.compiled(compiled, System.nanoTime() - startNanos);
        }
    }

    private void retire(@Nullable Compiled compiled) {
        if (compiled != null) {
            retired.add(compiled);
        }
    }

    /** Frees what left the cache, and first what was kept for it. */
    void disposeRetired() {
        for (Compiled module = retired.poll(); module != null; module = retired.poll()) {
            stores.discard(module);
            module.module().dispose();
        }
    }

    @Override
    public void close() {
        cache.invalidateAll();
        cache.cleanUp();
        disposeRetired();
    }
}

package io.wasmwiz.executor.sandbox.wasmtime;

import io.github.kawamuray.wasmtime.Config;
import io.github.kawamuray.wasmtime.Engine;
import io.github.kawamuray.wasmtime.Module;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.wasm.ModulePolicyConfig;
import io.wasmwiz.executor.wasm.ModuleRefusedException;
import io.wasmwiz.executor.wasm.SandboxModule;
import io.wasmwiz.executor.wasm.SandboxRewrite;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The floor of the sandbox's benchmarks: the same module and the same WASI functions on the bare engine, on the caller's
 * thread, without a queue, a clock, a cache, metrics or a result. Used on one thread, whose stack has 2 MB; its opener
 * closes it.
 */
public final class EngineLoop implements AutoCloseable {
    private final Engine engine;
    private final Shims shims;
    private final RunRequest request;
    private final SandboxModule code;
    private final Module module;
    private final RunBuffer buffer;
    private @Nullable GuestStore store;

    private EngineLoop(RunRequest request) throws ModuleRefusedException {
        this.request = request;
        this.code = SandboxRewrite.rewrite(request.module().bytes(), ModulePolicyConfig.DEFAULTS, new byte[16]);
        this.buffer = new RunBuffer(request);
        try (Config config = new Config()) {
            config.epochInterruption(true).wasmSimd(false).wasmThreads(false);
            engine = new Engine(config);
        }
        shims = Shims.compile(engine);
        module = Module.fromBinary(engine, code.bytes());
    }

    /**
     * Compiles what is needed to make a run again and again.
     *
     * @param request of a guest that exits normally
     */
    public static EngineLoop open(RunRequest request) {
        try {
            return new EngineLoop(request);
        } catch (ModuleRefusedException e) {
            throw new IllegalArgumentException(e.message(), e);
        }
    }

    /** Runs in turn, each in a store of its own or all in as few as may be; the nanoseconds that each took, sorted. */
    public List<Long> run(int runs, boolean reuseStores) {
        var nanos = new long[runs];
        for (int i = 0; i < runs; i++) {
            long start = System.nanoTime();
            run(reuseStores);
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        var sorted = new ArrayList<Long>(runs);
        for (long each : nanos) {
            sorted.add(each);
        }
        return sorted;
    }

    private void run(boolean reuse) {
        if (store == null) {
            store = GuestStore.open(engine, shims, code, request.limits().memoryPages(), buffer);
        }
        store.prepare(buffer);
        int instance = store.nextInstance();
        store.linker().module(store.store(), GuestStore.INSTANCE + instance, module);
        store.linker().module(store.store(), "", shims.entry(instance));
        var streams = new RunStreams(store.buffer(), request.input());
        streams.output(1);
        streams.output(2);
        if (!reuse || !store.canBeUsedAgain()) {
            store.close();
            store = null;
        }
    }

    @Override
    public void close() {
        if (store != null) {
            store.close();
            store = null;
        }
        module.dispose();
        shims.close();
        engine.dispose();
    }
}

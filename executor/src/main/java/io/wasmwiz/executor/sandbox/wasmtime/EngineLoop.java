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
    private final List<Guest> guests = new ArrayList<>();
    private int next;
    private @Nullable GuestStore store;

    /** A run to be made, and its compiled module. */
    private record Guest(RunRequest request, SandboxModule code, Module module, RunBuffer buffer) {}

    private EngineLoop(List<RunRequest> requests) throws ModuleRefusedException {
        try (Config config = new Config()) {
            config.epochInterruption(true).wasmSimd(false).wasmThreads(false);
            engine = new Engine(config);
        }
        shims = Shims.compile(engine);
        for (RunRequest request : requests) {
            SandboxModule code = SandboxRewrite.rewrite(
                    request.module().bytes(),
                    ModulePolicyConfig.DEFAULTS,
                    request.module().digest().sha256());
            guests.add(new Guest(request, code, Module.fromBinary(engine, code.bytes()), new RunBuffer(request)));
        }
    }

    /**
     * Compiles what is needed to make runs in turn, again and again.
     *
     * @param requests of guests that exit normally
     */
    public static EngineLoop open(List<RunRequest> requests) {
        try {
            return new EngineLoop(requests);
        } catch (ModuleRefusedException e) {
            throw new IllegalArgumentException(e.message(), e);
        }
    }

    /**
     * Runs in turn, each in a store of its own or, if it is always the same, all in as few as may be; the nanoseconds that
     * each took, sorted.
     */
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
        Guest guest = guests.get(next);
        next = (next + 1) % guests.size();
        if (store == null) {
            int pages = guest.request().limits().memoryPages();
            store = GuestStore.open(engine, shims, guest.code(), pages, guest.buffer());
        }
        // Nobody stops a guest here.
        store.prepare(guest.buffer(), 0);
        int instance = store.beginRun();
        store.instantiate(guest.module());
        store.linker().module(store.store(), "", shims.entry(instance));
        var streams = new RunStreams(store.buffer(), guest.request().input());
        streams.output(1);
        streams.output(2);
        if (!reuse || guests.size() > 1 || !store.canBeUsedAgain(store.memoryPages())) {
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
        guests.forEach(guest -> guest.module().dispose());
        shims.close();
        engine.dispose();
    }
}

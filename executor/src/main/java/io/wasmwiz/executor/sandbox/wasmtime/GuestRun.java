package io.wasmwiz.executor.sandbox.wasmtime;

import io.github.kawamuray.wasmtime.Disposable;
import io.github.kawamuray.wasmtime.Extern;
import io.github.kawamuray.wasmtime.Func;
import io.github.kawamuray.wasmtime.Global;
import io.github.kawamuray.wasmtime.Linker;
import io.github.kawamuray.wasmtime.Memory;
import io.github.kawamuray.wasmtime.MemoryType;
import io.github.kawamuray.wasmtime.Store;
import io.github.kawamuray.wasmtime.Val;
import io.github.kawamuray.wasmtime.WasmFunctionError;
import io.github.kawamuray.wasmtime.WasmtimeException;
import io.github.kawamuray.wasmtime.wasi.WasiCtx;
import io.github.kawamuray.wasmtime.wasi.WasiCtxBuilder;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import io.wasmwiz.executor.sandbox.RunUsage;
import io.wasmwiz.executor.sandbox.TrapKind;
import io.wasmwiz.executor.wasm.SandboxModule;
import io.wasmwiz.executor.wasm.SandboxRewrite;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * One run in a store of its own: everything the guest can reach is made for it and gone after it. Used on the worker's
 * thread only; opened, run once, closed there.
 */
final class GuestRun implements AutoCloseable {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final String GUEST = "guest";
    private static final String BUFFER = "buffer";
    private static final Val[] NO_ARGUMENTS = {};

    private final Worker worker;
    private final CompiledModules.Compiled module;
    /** Disposed from last to first: memories before the linker, the linker before the store. */
    private final Deque<Disposable> handles = new ArrayDeque<>();

    private final Store<Void> store;
    private final Linker linker;
    private final Memory bufferMemory;
    private final Memory guestMemory;

    private GuestRun(Worker worker, RunTask run, CompiledModules.Compiled module) {
        this.worker = worker;
        this.module = module;
        try {
            store = opened(new Store<>(null, worker.engine(), new WasiCtxBuilder().build()));
            linker = opened(new Linker(worker.engine()));
            WasiCtx.addToLinker(linker);
            bufferMemory = memory(BUFFER, run.buffer().pages(), run.buffer().pages());
            run.buffer().write(bufferMemory.buffer(store));
            linker.module(store, BUFFER, worker.shims().buffer());
            SandboxModule code = module.code();
            guestMemory = memory(
                    SandboxRewrite.MEMORY,
                    code.memoryMinimumPages(),
                    Math.min(code.memoryMaximumPages(), run.request().limits().memoryPages()));
            linker.module(store, SandboxRewrite.WASI, worker.shims().wasi());
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Makes the store and all that is in it but the guest. */
    static GuestRun open(Worker worker, RunTask run, CompiledModules.Compiled module) {
        return new GuestRun(worker, run, module);
    }

    private Memory memory(String name, int minimumPages, int maximumPages) {
        var memory = opened(new Memory(store, new MemoryType(minimumPages, (long) maximumPages, false)));
        linker.define(store, SandboxRewrite.HOST, name, Extern.fromMemory(memory));
        return memory;
    }

    private <T extends Disposable> T opened(T handle) {
        handles.push(handle);
        return handle;
    }

    /** From now on the next epoch of the worker's engine stops the guest. */
    void armStop() {
        store.setEpochDeadline(1);
    }

    /** Runs the guest to its end, whatever that is. */
    Ran run(long queueNanos, boolean cacheHit) {
        long startNanos = System.nanoTime();
        long startCpuNanos = THREADS.getCurrentThreadCpuTime();
        End end = end();
        long cpuNanos = THREADS.getCurrentThreadCpuTime() - startCpuNanos;
        long wallNanos = System.nanoTime() - startNanos;
        ByteBuffer buffer = bufferMemory.buffer(store).order(ByteOrder.LITTLE_ENDIAN);
        long peakBytes = (long) guestMemory.size(store) * RunLimits.PAGE_BYTES;
        return new Ran(
                end,
                refusedGrowths(),
                RunBuffer.output(buffer, 1),
                RunBuffer.output(buffer, 2),
                RunBuffer.isTruncated(buffer, 1),
                RunBuffer.isTruncated(buffer, 2),
                false,
                new RunUsage(queueNanos, wallNanos, cpuNanos, peakBytes, cacheHit));
    }

    private End end() {
        try {
            linker.module(store, GUEST, module.module());
        } catch (WasmtimeException e) {
            return new End.Trapped(TrapKind.INSTANTIATION, EngineText.plain(e));
        }
        try {
            if (module.code().hasStart()) {
                call(SandboxRewrite.START);
            }
            call(SandboxRewrite.RUN);
            return new End.Exited(0);
        } catch (WasmFunctionError.TrapError e) {
            return Traps.end(
                    e.trap(), worker.stopped(), bufferMemory.buffer(store).order(ByteOrder.LITTLE_ENDIAN));
        }
    }

    private void call(String export) {
        try (Func function = export(export).func()) {
            function.call(store, NO_ARGUMENTS);
        }
    }

    private int refusedGrowths() {
        if (!module.code().countsGrowths()
                || linker.get(store, GUEST, SandboxRewrite.REFUSED_GROWTHS).isEmpty()) {
            return 0;
        }
        try (Global refused = export(SandboxRewrite.REFUSED_GROWTHS).global()) {
            int count = refused.get(store).i32();
            return count < 0 ? Integer.MAX_VALUE : count;
        }
    }

    private Extern export(String name) {
        return linker.get(store, GUEST, name).orElseThrow();
    }

    @Override
    public void close() {
        while (!handles.isEmpty()) {
            handles.pop().dispose();
        }
    }
}

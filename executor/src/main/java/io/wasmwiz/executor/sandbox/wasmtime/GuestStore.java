package io.wasmwiz.executor.sandbox.wasmtime;

import io.github.kawamuray.wasmtime.Disposable;
import io.github.kawamuray.wasmtime.Engine;
import io.github.kawamuray.wasmtime.Extern;
import io.github.kawamuray.wasmtime.Func;
import io.github.kawamuray.wasmtime.Linker;
import io.github.kawamuray.wasmtime.Memory;
import io.github.kawamuray.wasmtime.MemoryType;
import io.github.kawamuray.wasmtime.Module;
import io.github.kawamuray.wasmtime.Store;
import io.github.kawamuray.wasmtime.wasi.WasiCtx;
import io.github.kawamuray.wasmtime.wasi.WasiCtxBuilder;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.wasm.SandboxModule;
import io.wasmwiz.executor.wasm.SandboxRewrite;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a run needs around its guest: a store with our WASI functions, the buffer and a memory for the guest. Making one
 * costs as much as a hundred short runs, so one account's runs of one module may follow each other in it.
 *
 * <p>What a run could leave for the next, and why it does not: <em>globals, tables, dropped segments</em> belong to the
 * guest's instance, and each run has its own, which no other can name; where all of that can be set anew, one instance
 * serves all runs and begins each with it ({@link SandboxModule#startsAnew}). <em>Linear memory</em> is zeroed before it is
 * used again; it has its first size, or the store is not kept. <em>The buffer's header</em> is written anew, its used data
 * zeroed. <em>Our modules</em> have no globals and no tables. <em>The monotonic clock</em> is set to the run's start. The
 * engine itself keeps the instances until the store goes, which bounds how many runs it takes.
 *
 * <p>Used on its worker's thread only; closed there.
 */
final class GuestStore implements AutoCloseable {
    /** Guest's instances at most, one per run where none serves more. */
    static final int MAX_INSTANCES = 256;

    /** Runs at most; from here on a new store would not be noticed any more. */
    static final int MAX_RUNS = 1_024;

    static final String INSTANCE = "guest";

    private static final long INSTANCES_BYTES = 8 << 20;
    /** About what a run leaves in the engine beside the guest's instance: that of the entry. */
    private static final int ENTRY_BYTES = 2_048;
    /** Zeroing more takes longer than a new store. */
    private static final int MAX_ZEROED_PAGES = 32;
    /** Inputs of different sizes still fit; pages cost nothing until they are used. */
    private static final int BUFFER_STEP_PAGES = 16;

    private static final int MAX_BUFFER_PAGES = Integer.MAX_VALUE / RunLimits.PAGE_BYTES;
    private static final String BUFFER = "buffer";

    /** Disposed from last to first: memories before the linker, the linker before the store. */
    private final Deque<Disposable> handles = new ArrayDeque<>();

    private final Store<Void> store;
    private final Linker linker;
    private final Memory guestMemory;
    private final ByteBuffer buffer;
    private final ByteBuffer firstMemory;
    /** From {@link System#nanoTime} to the engine's monotonic clock, or a little less: never more. */
    private final long clockOffsetNanos;

    private final SandboxModule code;
    private final int bufferPages;
    private final int maximumPages;
    private final int runs;
    private int begun;
    private long armedEpoch = -1;

    private GuestStore(Engine engine, Shims shims, SandboxModule code, int maximumPages, RunBuffer first) {
        this.code = code;
        this.maximumPages = maximumPages;
        this.bufferPages = Math.min(
                MAX_BUFFER_PAGES, (first.pages() + BUFFER_STEP_PAGES - 1) / BUFFER_STEP_PAGES * BUFFER_STEP_PAGES);
        this.runs = runs(code);
        try {
            store = opened(new Store<>(null, engine, new WasiCtxBuilder().build()));
            linker = opened(new Linker(engine));
            WasiCtx.addToLinker(linker);
            Memory bufferMemory = memory(BUFFER, bufferPages, bufferPages);
            linker.module(store, BUFFER, shims.buffer());
            guestMemory = memory(SandboxRewrite.MEMORY, code.memoryMinimumPages(), maximumPages);
            linker.module(store, SandboxRewrite.WASI, shims.wasi());
            buffer = bufferMemory.buffer(store).order(ByteOrder.LITTLE_ENDIAN);
            firstMemory = code.memoryMinimumPages() == 0 ? ByteBuffer.allocate(0) : guestMemory.buffer(store);
            clockOffsetNanos = clockOffset();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Makes a store in which {@code code} may have {@code maximumPages}, with a buffer as large as a first run needs. */
    static GuestStore open(Engine engine, Shims shims, SandboxModule code, int maximumPages, RunBuffer first) {
        return new GuestStore(engine, shims, code, maximumPages, first);
    }

    private long clockOffset() {
        armStop();
        try (Func startClock =
                linker.get(store, BUFFER, "start_clock").orElseThrow().func()) {
            startClock.call(store);
        }
        return RunBuffer.clockStart(buffer) - System.nanoTime();
    }

    private static int runs(SandboxModule code) {
        if (code.memoryMinimumPages() > MAX_ZEROED_PAGES) {
            return 1;
        }
        return code.startsAnew()
                ? MAX_RUNS
                : (int) Math.max(1, Math.min(MAX_INSTANCES, INSTANCES_BYTES / code.instanceBytes()));
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

    /** Whether a run of the same module with these limits can take place in it. */
    boolean fits(int pages, RunBuffer next) {
        return pages == maximumPages && next.pages() <= bufferPages;
    }

    /**
     * Makes it as if no run had been here, and puts the next one's input in.
     *
     * @param epoch how often the engine's epoch has advanced; it does not until the run begins
     */
    void prepare(RunBuffer next, long epoch) {
        next.write(buffer);
        if (begun > 0) {
            RunBuffer.zero(firstMemory, 0, firstMemory.capacity());
        }
        RunBuffer.startClock(buffer, System.nanoTime() + clockOffsetNanos);
        // One past the current is as good as none, and calls into the engine cost.
        if (epoch != armedEpoch) {
            armStop();
            armedEpoch = epoch;
        }
    }

    /** From now on the next epoch of the engine stops what runs in it. */
    void armStop() {
        store.setEpochDeadline(1);
    }

    /** Begins the next run; the number of its instance, whose name is {@link #INSTANCE} and the number. */
    int beginRun() {
        int run = begun++;
        return code.startsAnew() ? 0 : run;
    }

    /** Makes the instance of the run that was begun, unless it is there. Throws as the engine does. */
    void instantiate(Module module) {
        if (begun == 1 || !code.startsAnew()) {
            linker.module(store, INSTANCE + (begun - 1), module);
        }
    }

    /** Whether the run that just ended with this memory may be followed by another. */
    boolean canBeUsedAgain(int pages) {
        return begun < runs && pages == code.memoryMinimumPages();
    }

    /** Of the guest now. Only its own instructions make its memory grow. */
    int memoryPages() {
        return code.countsGrowths() ? guestMemory.size(store) : code.memoryMinimumPages();
    }

    /** About what it holds, if every run uses what it may; bytes. */
    long bytes() {
        return (long) (bufferPages + code.memoryMinimumPages()) * RunLimits.PAGE_BYTES
                + (code.startsAnew()
                        ? code.instanceBytes() + (long) runs * ENTRY_BYTES
                        : (long) runs * code.instanceBytes());
    }

    Store<Void> store() {
        return store;
    }

    Linker linker() {
        return linker;
    }

    /** The memory of {@code buffer.wat}, little-endian; not to be touched once this is closed. */
    ByteBuffer buffer() {
        return buffer;
    }

    @Override
    public void close() {
        while (!handles.isEmpty()) {
            handles.pop().dispose();
        }
    }
}

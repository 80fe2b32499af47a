package io.wasmwiz.executor.sandbox.wasmtime;

import io.github.kawamuray.wasmtime.Extern;
import io.github.kawamuray.wasmtime.Func;
import io.github.kawamuray.wasmtime.Global;
import io.github.kawamuray.wasmtime.Module;
import io.github.kawamuray.wasmtime.Val;
import io.github.kawamuray.wasmtime.WasmtimeException;
import io.wasmwiz.executor.sandbox.Invocation;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import io.wasmwiz.executor.sandbox.RunUsage;
import io.wasmwiz.executor.sandbox.TrapKind;
import io.wasmwiz.executor.wasm.SandboxModule;
import io.wasmwiz.executor.wasm.SandboxRewrite;
import io.wasmwiz.executor.wasm.TrapOperands;
import io.wasmwiz.executor.wasm.TrapOperands.ElementState;
import io.wasmwiz.executor.wasm.TrapOperands.Operand;
import java.util.List;
import java.util.Optional;

/**
 * One run in an instance that is as good as new, in a store that only earlier runs of the same account and module have
 * used. Used on the worker's thread only; opened, run once, closed there.
 */
final class GuestRun implements AutoCloseable {
    private final Worker worker;
    private final CompiledModules.Compiled module;
    private final GuestStore store;
    private final RunStreams streams;
    private final Optional<InvokedFunction> invoked;
    /** Its number in the store. */
    private final int instance;

    private boolean reusable;

    private GuestRun(
            Worker worker,
            CompiledModules.Compiled module,
            GuestStore store,
            RunStreams streams,
            Optional<Invocation> invocation) {
        this.worker = worker;
        this.module = module;
        this.store = store;
        this.streams = streams;
        this.instance = store.beginRun();
        this.invoked = invocation.map(call -> new InvokedFunction(call, module.code(), store, instance));
    }

    /** Takes a kept store or makes one, and prepares it. */
    static GuestRun open(Worker worker, RunTask run, CompiledModules.Compiled module) {
        SandboxModule code = module.code();
        int pages = Math.min(code.memoryMaximumPages(), run.request().limits().memoryPages());
        GuestStore store = worker.stores().take(module);
        if (store != null && !store.fits(pages, run.buffer())) {
            store.close();
            store = null;
        }
        if (store == null) {
            store = GuestStore.open(worker.engine(), worker.shims(), code, pages, run.buffer());
        }
        try {
            store.prepare(run.buffer(), worker.epoch());
            return new GuestRun(
                    worker,
                    module,
                    store,
                    new RunStreams(store.buffer(), run.request().input()),
                    run.request().invocation());
        } catch (RuntimeException | Error e) {
            store.close();
            throw e;
        }
    }

    /** Runs the guest to its end, whatever that is. */
    Ran run(long queueNanos, boolean cacheHit) {
        long startNanos = System.nanoTime();
        long startCpuNanos = worker.cpuClock().read(startNanos);
        End end = end();
        long wallNanos = System.nanoTime() - startNanos;
        long cpuNanos = worker.cpuClock().read(startNanos + wallNanos) - startCpuNanos;
        int pages = store.memoryPages();
        long peakBytes = (long) pages * RunLimits.PAGE_BYTES;
        var ran = new Ran(
                end,
                refusedGrowths(),
                streams.output(1),
                streams.output(2),
                RunBuffer.isTruncated(store.buffer(), 1),
                RunBuffer.isTruncated(store.buffer(), 2),
                false,
                new RunUsage(queueNanos, wallNanos, Math.max(0, Math.min(wallNanos, cpuNanos)), peakBytes, cacheHit));
        reusable = end instanceof End.Exited && store.canBeUsedAgain(pages);
        return ran;
    }

    private End end() {
        Module entry = worker.shims().entry(instance);
        try {
            store.instantiate(module.module());
        } catch (WasmtimeException e) {
            return new End.Trapped(TrapKind.INSTANTIATION, EngineText.plain(e));
        }
        invoked.ifPresent(InvokedFunction::select);
        try {
            store.linker().module(store.store(), "", entry);
            return new End.Exited(0, invoked.map(InvokedFunction::results).orElse(List.of()));
        } catch (WasmtimeException e) {
            if (RunBuffer.hasExited(store.buffer())) {
                return new End.Exited(RunBuffer.exitCode(store.buffer()));
            }
            return Traps.end(String.valueOf(e.getMessage()), module.code(), worker.endClock(), new InstanceRemains());
        }
    }

    private int refusedGrowths() {
        Optional<Extern> counter =
                module.code().countsGrowths() ? find(SandboxRewrite.REFUSED_GROWTHS) : Optional.empty();
        if (counter.isEmpty()) {
            return 0;
        }
        try (Global refused = counter.get().global()) {
            int count = refused.get(store.store()).i32();
            return count < 0 ? Integer.MAX_VALUE : count;
        }
    }

    private Extern export(String name) {
        return find(name).orElseThrow();
    }

    private Optional<Extern> find(String name) {
        return store.linker().get(store.store(), GuestStore.INSTANCE + instance, name);
    }

    /** The instance after its trap. */
    private final class InstanceRemains implements Traps.Remains {
        @Override
        public Number operand(Operand operand) {
            try (Global kept = export(operand.exportName()).global()) {
                return (Number) kept.get(store.store()).getValue();
            }
        }

        @Override
        public ElementState element(int table, int element) {
            // The run's clock may have run out, and has ended; what answers here is ours and short.
            store.armStop();
            try (Func state = export(TrapOperands.ELEMENT_STATE).func()) {
                int found = state.call(store.store(), Val.fromI32(table), Val.fromI32(element))[0].i32();
                return ElementState.values()[found];
            }
        }
    }

    /** What moves its input and outputs while it runs. */
    RunStreams streams() {
        return streams;
    }

    /** Gives the store back if nothing of the run can be left in it, else closes it. */
    @Override
    public void close() {
        streams.close();
        if (reusable) {
            RunBuffer.wipe(store.buffer());
            worker.stores().keep(module, store);
        } else {
            store.close();
        }
    }
}

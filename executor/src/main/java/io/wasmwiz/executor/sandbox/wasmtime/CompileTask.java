package io.wasmwiz.executor.sandbox.wasmtime;

import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Makes a module ready. */
final class CompileTask implements Task {
    private final CompletableFuture<Compilation> result = new CompletableFuture<>();
    private final ModuleCode module;

    CompileTask(ModuleCode module) {
        this.module = module;
    }

    @Override
    public void perform(Worker worker) {
        try {
            boolean cached = worker.modules().get(module).cached();
            result.complete(new Compilation.Compiled(cached));
        } catch (ModuleRejectedException e) {
            result.complete(new Compilation.Rejected(e.message()));
        } finally {
            result.complete(new Compilation.Unavailable("the sandbox failed while it compiled the module"));
        }
    }

    @Override
    public void abandon() {
        result.complete(new Compilation.Unavailable("the sandbox is closing"));
    }

    void refuse() {
        result.complete(new Compilation.Unavailable("the queue before the sandbox is full"));
    }

    CompletionStage<Compilation> result() {
        return result.minimalCompletionStage();
    }
}

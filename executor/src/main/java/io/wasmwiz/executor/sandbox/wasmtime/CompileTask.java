package io.wasmwiz.executor.sandbox.wasmtime;

import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.queue.FairQueue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Makes a module ready. */
final class CompileTask implements Task {
    private final CompletableFuture<Compilation> result = new CompletableFuture<>();
    private final ModuleCode module;

    private final long startByNanos;

    CompileTask(ModuleCode module, long startByNanos) {
        this.module = module;
        this.startByNanos = startByNanos;
    }

    @Override
    public UUID accountId() {
        return module.accountId();
    }

    /** It is no run of the account's, so it waits for none. */
    @Override
    public int accountConcurrency() {
        return Integer.MAX_VALUE;
    }

    @Override
    public long startByNanos() {
        return startByNanos;
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
    public void refuse(FairQueue.Offer why) {
        result.complete(new Compilation.Unavailable(
                switch (why) {
                    case ACCEPTED -> throw new IllegalArgumentException("it was accepted");
                    case FULL -> "the queue before the sandbox is full";
                    case ACCOUNT_FULL -> "the account's share of the queue before the sandbox is full";
                    case LATE -> "it waited too long before the sandbox";
                    case CLOSED -> "the sandbox is closing";
                }));
    }

    CompletionStage<Compilation> result() {
        return result.minimalCompletionStage();
    }
}

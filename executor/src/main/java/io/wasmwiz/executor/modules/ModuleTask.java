package io.wasmwiz.executor.modules;

import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.executor.work.FairPool;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Something asked of {@link ModuleLibrary} on behalf of one call. Thread-safe. */
public final class ModuleTask<T> implements AutoCloseable {
    private final FairPool pool;
    private final UUID accountId;
    private final Runnable onClose;
    private final CompletableFuture<T> result = new CompletableFuture<>();

    private FairPool.@Nullable Job<?> job;
    private boolean cancelled;
    private boolean closed;

    /** Whose steps go to {@code pool}; {@code onClose} runs once, at {@link #close}. */
    ModuleTask(FairPool pool, UUID accountId, Runnable onClose) {
        this.pool = pool;
        this.accountId = accountId;
        this.onClose = onClose;
    }

    /** Completes with {@link RefusedException} for what a caller is to be told. */
    public CompletionStage<T> result() {
        return result.minimalCompletionStage();
    }

    /**
     * Tells that nobody waits for it any more: an inspection that has not begun never does, and the result is a refusal.
     * What has begun goes on, for others may wait for it, too.
     */
    public void cancel() {
        FairPool.Job<?> waiting;
        synchronized (this) {
            cancelled = true;
            waiting = job;
        }
        if (waiting != null) {
            waiting.cancel();
        }
    }

    /** Gives back the memory that the call's own bytes were allowed to take: they are needed no more. Once. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        onClose.run();
    }

    /** Has a step done by the pool, in the account's turn. */
    <S> CompletionStage<S> step(Callable<S> work) {
        FairPool.Job<S> next = pool.submit(accountId, work);
        boolean unwanted;
        synchronized (this) {
            job = next;
            unwanted = cancelled;
        }
        if (unwanted) {
            next.cancel();
        }
        return next.result();
    }

    ModuleTask<T> completeAs(CompletionStage<? extends T> stage) {
        stage.whenComplete((value, failure) -> {
            if (failure == null) {
                result.complete(value);
            } else {
                result.completeExceptionally(RefusedException.unwrapped(failure));
            }
        });
        return this;
    }

    ModuleTask<T> refuse(Refusal refusal) {
        result.completeExceptionally(new RefusedException(refusal));
        return this;
    }
}

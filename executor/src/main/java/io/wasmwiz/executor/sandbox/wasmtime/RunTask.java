package io.wasmwiz.executor.sandbox.wasmtime;

import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.RunResult.Cause;
import io.wasmwiz.executor.sandbox.RunUsage;
import io.wasmwiz.executor.sandbox.SandboxRun;
import io.wasmwiz.executor.sandbox.queue.FairQueue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A run on its way from the queue through one worker to its result. */
final class RunTask implements Task, SandboxRun {
    private static final String CLOSING = "the sandbox is closing";
    private static final String TOO_LATE = "its time to start passed before the sandbox could start it";

    private final CompletableFuture<RunResult> result = new CompletableFuture<>();
    private final RunRequest request;
    private final RunBuffer buffer;
    private final FairQueue<Task> queue;
    private final SandboxMetrics metrics;
    private final long createdNanos = System.nanoTime();

    private volatile @Nullable Worker worker;
    private volatile boolean cancelled;

    RunTask(RunRequest request, FairQueue<Task> queue, SandboxMetrics metrics) {
        this.request = request;
        this.buffer = new RunBuffer(request);
        this.queue = queue;
        this.metrics = metrics;
    }

    @Override
    public CompletionStage<RunResult> result() {
        return result.minimalCompletionStage();
    }

    @Override
    public UUID accountId() {
        return request.module().accountId();
    }

    @Override
    public int accountConcurrency() {
        return request.start().accountConcurrency();
    }

    @Override
    public long startByNanos() {
        return request.start().startByNanos();
    }

    /** Sets the flag first: whoever starts the run later sees it, whoever started it before is told. */
    @Override
    public void cancel() {
        cancelled = true;
        if (queue.remove(this)) {
            refuse(Cause.CANCELLED, "cancelled while it waited");
            return;
        }
        Worker busy = worker;
        if (busy != null) {
            busy.cancel(this);
        }
    }

    boolean isCancelled() {
        return cancelled;
    }

    RunRequest request() {
        return request;
    }

    RunBuffer buffer() {
        return buffer;
    }

    @Override
    public void perform(Worker performer) {
        worker = performer;
        try {
            CompiledModules.Lookup lookup = performer.modules().get(request.module());
            int minimum = lookup.module().code().memoryMinimumPages();
            if (minimum > request.limits().memoryPages()) {
                throw new ModuleRejectedException(
                        "the module's memory starts with " + minimum + " pages of 64 KiB; this run may have "
                                + request.limits().memoryPages());
            }
            InvokedFunction.check(request.invocation(), lookup.module().code().functions());
            finish(run(performer, lookup));
        } catch (ModuleRejectedException e) {
            refuse(Cause.MODULE_REJECTED, e.message());
        } catch (RuntimeException | Error e) {
            crashed("the sandbox failed");
            throw e;
        } finally {
            worker = null;
        }
    }

    /** The store is gone when this returns, so a result never overlaps with its run's memory. */
    private RunResult run(Worker performer, CompiledModules.Lookup lookup) {
        try (var guest = GuestRun.open(performer, this, lookup.module())) {
            if (request.start().isLate()) {
                return new RunResult.Refused(Cause.START_BY_PASSED, TOO_LATE);
            }
            if (!request.start().allowsStart()) {
                return new RunResult.Refused(Cause.MAY_NOT_START, "it may not start any more");
            }
            if (!performer.begin(this, guest)) {
                return cancelled
                        ? new RunResult.Refused(Cause.CANCELLED, "cancelled before it started")
                        : new RunResult.Refused(Cause.CLOSED, CLOSING);
            }
            try {
                return guest.run(System.nanoTime() - createdNanos, lookup.cached());
            } finally {
                performer.end();
            }
        }
    }

    @Override
    public void refuse(FairQueue.Offer why) {
        switch (why) {
            case ACCEPTED -> throw new IllegalArgumentException("it was accepted");
            case FULL -> refuse(Cause.QUEUE_FULL, "the queue before the sandbox is full");
            case ACCOUNT_FULL ->
                refuse(Cause.ACCOUNT_QUEUE_FULL, "the account's share of the queue before the sandbox is full");
            case LATE -> refuse(Cause.START_BY_PASSED, TOO_LATE);
            case CLOSED -> refuse(Cause.CLOSED, CLOSING);
        }
    }

    private void refuse(Cause cause, String message) {
        finish(new RunResult.Refused(cause, message));
    }

    private void crashed(String detail) {
        var usage = new RunUsage(System.nanoTime() - createdNanos, 0, 0, 0, false);
        finish(new RunResult.Ran(
                new RunResult.End.Crashed(detail), 0, new byte[0], new byte[0], false, false, true, usage));
    }

    private void finish(RunResult outcome) {
        if (!result.isDone()) {
            metrics.ended(outcome);
        }
        result.complete(outcome);
    }
}

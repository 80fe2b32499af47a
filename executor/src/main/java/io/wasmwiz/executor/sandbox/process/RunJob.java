package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.RunResult.Cause;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import io.wasmwiz.executor.sandbox.RunResult.Refused;
import io.wasmwiz.executor.sandbox.RunUsage;
import io.wasmwiz.executor.sandbox.SandboxRun;
import io.wasmwiz.executor.sandbox.queue.FairQueue;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** A run on its way to a process and back. */
final class RunJob extends Job implements SandboxRun {
    private static final String CLOSING = "the sandbox is closing";
    private static final byte[] NOTHING = {};

    private final CompletableFuture<RunResult> result = new CompletableFuture<>();
    private final RunRequest request;
    private final boolean cacheHit;
    private final AtomicBoolean awaitsCode = new AtomicBoolean();
    private final Consumer<RunJob> onCancel;
    private final long createdNanos = System.nanoTime();

    private volatile boolean cancelled;

    /**
     * Makes a run that is nowhere yet.
     *
     * @param cacheHit whether its module was compiled
     * @param onCancel told when somebody cancels it, to find it wherever it is
     */
    RunJob(RunRequest request, boolean cacheHit, Consumer<RunJob> onCancel) {
        super(request.module());
        this.request = request;
        this.cacheHit = cacheHit;
        this.onCancel = onCancel;
    }

    @Override
    public CompletionStage<RunResult> result() {
        return result.minimalCompletionStage();
    }

    @Override
    public void cancel() {
        cancelled = true;
        onCancel.accept(this);
    }

    boolean isCancelled() {
        return cancelled;
    }

    /** From now on it waits for its module's code, where no queue knows of it. */
    void awaitCode() {
        awaitsCode.set(true);
    }

    /** Whether it waited for its module's code; it does not any more. */
    boolean leaveCode() {
        return awaitsCode.compareAndSet(true, false);
    }

    boolean hasEnded() {
        return result.isDone();
    }

    @Override
    public int accountConcurrency() {
        return request.start().accountConcurrency();
    }

    @Override
    public long startByNanos() {
        return request.start().startByNanos();
    }

    @Override
    boolean mayStart() {
        if (cancelled) {
            refuseCancelled();
        } else if (request.start().isLate()) {
            refuse(FairQueue.Offer.LATE);
        } else if (!request.start().allowsStart()) {
            refuse(Cause.MAY_NOT_START, "it may not start any more");
        }
        return !result.isDone();
    }

    @Override
    void write(FrameWriter out, boolean known) throws IOException {
        if (!known) {
            out.begin(Frame.MODULE, number());
            RunCodec.writeKey(out, module());
            out.put(module().bytes()).end();
        }
        out.begin(Frame.RUN, number());
        RunCodec.writeKey(out, module());
        RunCodec.writeRequest(out, request);
        out.end();
    }

    @Override
    long patienceNanos() {
        return request.limits().runTime().toNanos();
    }

    @Override
    long answerBytes() {
        return RunCodec.RESULT_BYTES
                + (long) request.limits().stdoutBytes()
                + request.limits().stderrBytes();
    }

    @Override
    Runnable answered(FrameReader answer, int slot, long sentNanos) throws IOException {
        RunResult answered = RunCodec.readResult(answer);
        if (answered instanceof Ran ran) {
            RunUsage there = ran.usage();
            RunUsage usage = new RunUsage(
                    sentNanos - createdNanos + there.queueNanos(),
                    there.wallNanos(),
                    there.cpuNanos(),
                    there.peakMemoryBytes(),
                    cacheHit);
            Ran here = new Ran(
                    ran.end(),
                    ran.refusedGrowths(),
                    ran.stdout(),
                    ran.stderr(),
                    ran.stdoutTruncated(),
                    ran.stderrTruncated(),
                    ran.outputLost(),
                    usage);
            return () -> finish(here);
        }
        return () -> finish(answered);
    }

    /** Its CPU time died with the process; a guest that had to be killed computed all the time. */
    @Override
    void died(Death.Kill kill, Death death, long sentNanos, long startedNanos) {
        long wallNanos = System.nanoTime() - startedNanos;
        boolean killed = kill == Death.Kill.TIMED_OUT || kill == Death.Kill.CANCELLED || kill == Death.Kill.CLOSED;
        End end = switch (kill) {
            case TIMED_OUT -> new End.TimedOut();
            case CANCELLED, CLOSED -> new End.Cancelled();
            default -> new End.Crashed("the sandbox process died under the run: " + death.detail());
        };
        var usage = new RunUsage(startedNanos - createdNanos, wallNanos, killed ? wallNanos : 0, 0, cacheHit);
        finish(new Ran(end, 0, NOTHING, NOTHING, false, false, true, usage));
    }

    @Override
    void refuse(FairQueue.Offer why) {
        switch (why) {
            case ACCEPTED -> throw new IllegalArgumentException("it was accepted");
            case FULL -> refuse(Cause.QUEUE_FULL, "the queue before the sandbox is full");
            case ACCOUNT_FULL ->
                refuse(Cause.ACCOUNT_QUEUE_FULL, "the account's share of the queue before the sandbox is full");
            case LATE -> refuse(Cause.START_BY_PASSED, "its time to start passed before the sandbox could start it");
            case CLOSED -> refuse(Cause.CLOSED, CLOSING);
        }
    }

    void refuseCancelled() {
        refuse(Cause.CANCELLED, "cancelled while it waited");
    }

    void refuse(Cause cause, String message) {
        finish(new Refused(cause, message));
    }

    private void finish(RunResult outcome) {
        boolean unused = result.complete(outcome);
    }
}

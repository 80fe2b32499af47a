package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.process.RunCodec.ModuleKey;
import io.wasmwiz.executor.sandbox.queue.FairQueue;
import io.wasmwiz.executor.sandbox.queue.QueuedTask;
import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Work for a process. Ends exactly once: answered, given up with its process, or refused. Thread-safe. */
abstract class Job implements QueuedTask {
    private static final AtomicLong NUMBERS = new AtomicLong();

    private final long number = NUMBERS.incrementAndGet();
    private final ModuleCode module;
    private final ModuleKey key;

    private volatile @Nullable SandboxProcess process;
    private volatile int attempts;
    private volatile long frameEnd;

    Job(ModuleCode module) {
        this.module = module;
        this.key = ModuleKey.of(module);
    }

    final long number() {
        return number;
    }

    final ModuleCode module() {
        return module;
    }

    final ModuleKey key() {
        return key;
    }

    @Override
    public final UUID accountId() {
        return module.accountId();
    }

    /** Where it is; null while it is nowhere. */
    final @Nullable SandboxProcess process() {
        return process;
    }

    final void enter(@Nullable SandboxProcess next) {
        process = next;
    }

    /** Processes that died before it started. */
    final int attempts() {
        return attempts;
    }

    /** Counts a process that died before it started; by one thread at a time. */
    final int failedToStart() {
        int count = attempts + 1;
        attempts = count;
        return count;
    }

    /** Where its frames end in all that was sent to its process; bytes. */
    final long frameEnd() {
        return frameEnd;
    }

    final void endFrameAt(long position) {
        frameEnd = position;
    }

    /** Asked right before it is sent, every time; when false, it has ended. */
    abstract boolean mayStart();

    /** Adds the frames that hand it over. {@code known} says whether the process has its module. */
    abstract void write(FrameWriter out, boolean known) throws IOException;

    /** From its start on, after which a process that did not answer is killed. */
    abstract long patienceNanos();

    /** Its process said that it started. */
    void started(SandboxProcess where) {
        // Most jobs have nothing to note.
    }

    /** Why its process is to be killed after its patience, right before that. */
    Death.Kill overdue(SandboxProcess where) {
        return Death.Kill.TIMED_OUT;
    }

    /** Bytes of the largest answer. */
    abstract long answerBytes();

    /**
     * Reads the answer, whose body is there.
     *
     * @param slot of the process that gives it
     * @param sentNanos when the job was sent
     * @return ends the job
     */
    abstract Runnable answered(FrameReader answer, int slot, long sentNanos) throws IOException;

    /** Its process died after it started. */
    abstract void died(Death.Kill kill, Death death, long sentNanos, long startedNanos);

    /** Gives it up; {@code why} is not {@code ACCEPTED}. */
    abstract void refuse(FairQueue.Offer why);
}

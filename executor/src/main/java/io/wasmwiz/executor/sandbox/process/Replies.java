package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.RunResult;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The child's answers. Those of short runs that follow each other are sent together; until then they are
 * {@linkplain KeptReplies kept} where they outlive this process. Thread-safe. When answers cannot be written, the executor
 * is gone, and so is this process.
 */
final class Replies {
    /** The oldest reply waits no longer while short runs follow each other. */
    private static final long WAIT_NANOS = 200_000;
    /** What waits while a run turns out long is sent within two of these. */
    private static final long LATE_NANOS = 2_500_000;
    /** Looks without anything that waits before the sender rests. */
    private static final int LOOKS = 50;

    private static final int WAIT_BYTES = KeptReplies.RING_BYTES / 2;
    private static final long NONE = 0;

    private final FrameWriter out;
    private final KeptReplies kept;
    private final Thread sender = new Thread(this::sendLate, "sandbox-replies");

    private long sentBytes;
    /** Whether anything was not told: a reply, or that a job started. */
    private boolean waiting;

    private long waitingSinceNanos;
    /** The job that started without being told, while it runs. */
    private long untold = NONE;
    /** Until the sender rests; it rests at 0. */
    private int looksLeft;

    Replies(OutputStream out, KeptReplies kept) {
        this.out = new FrameWriter(out);
        this.kept = kept;
        sender.setDaemon(true);
        sender.start();
    }

    synchronized void ready() {
        out.begin(Frame.READY, NONE).end();
        flush();
    }

    /**
     * A job starts: what comes after it may be the end of this process.
     *
     * @param mayWait whether the job is expected to end soon: then this is told with its result, or when it takes longer
     */
    synchronized void started(long job, boolean mayWait) {
        long now = System.nanoTime();
        kept.started(job, now);
        if (mayWait) {
            untold = job;
            await(now);
        } else {
            tellStarted(job);
            flush();
        }
    }

    private void tellStarted(long job) {
        out.begin(Frame.STARTED, job).end();
        untold = NONE;
    }

    /**
     * May wait for later replies if {@code more} runs are about to start. That is asked while no other reply can leave: a
     * run that is given back after the question sends this result along.
     */
    synchronized void result(long job, RunResult result, BooleanSupplier more) {
        int before = out.bytes();
        out.begin(Frame.RESULT, job);
        RunCodec.writeResult(out, result);
        out.end();
        untold = NONE;
        long now = System.nanoTime();
        if (out.bytes() > WAIT_BYTES || !more.getAsBoolean() || waiting && now - waitingSinceNanos > WAIT_NANOS) {
            flush();
        } else {
            kept.keep(sentBytes + before, out.collected(before));
            await(now);
        }
    }

    synchronized void compiled(long job, Compilation compilation) {
        out.begin(Frame.COMPILATION, job);
        RunCodec.writeCompilation(out, compilation);
        out.end();
        flush();
    }

    synchronized void notRun(Frame why, long job) {
        out.begin(why, job).end();
        flush();
    }

    private void await(long nowNanos) {
        if (!waiting) {
            waiting = true;
            waitingSinceNanos = nowNanos;
        }
        if (looksLeft == 0) {
            looksLeft = LOOKS;
            LockSupport.unpark(sender);
        }
    }

    private void sendLate() {
        while (true) {
            if (rests()) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, LATE_NANOS);
            }
            sendIfLate(System.nanoTime());
        }
    }

    private synchronized boolean rests() {
        return looksLeft == 0;
    }

    private synchronized void sendIfLate(long nowNanos) {
        if (!waiting) {
            looksLeft = Math.max(0, looksLeft - 1);
            return;
        }
        looksLeft = LOOKS;
        if (nowNanos - waitingSinceNanos >= LATE_NANOS) {
            if (untold != NONE) {
                tellStarted(untold);
            }
            flush();
        }
    }

    private void flush() {
        waiting = false;
        try {
            int bytes = out.bytes();
            out.flush();
            sentBytes += bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

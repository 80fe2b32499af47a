package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.RunResult;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.function.BooleanSupplier;

/** The child's answers. Thread-safe. When they cannot be written, the executor is gone, and so is this process. */
final class Replies {
    private final FrameWriter out;

    Replies(OutputStream out) {
        this.out = new FrameWriter(out);
    }

    synchronized void ready() {
        out.begin(Frame.READY, 0).end();
        flush();
    }

    /** Leaves at once, with all that waits: what comes after it may be the end of this process. */
    synchronized void started(long job) {
        out.begin(Frame.STARTED, job).end();
        flush();
    }

    /**
     * May wait for the next reply if {@code more} runs are about to start. That is asked while no other reply can leave: a
     * run that is given back after the question sends this result along.
     */
    synchronized void result(long job, RunResult result, BooleanSupplier more) {
        out.begin(Frame.RESULT, job);
        RunCodec.writeResult(out, result);
        out.end();
        if (!more.getAsBoolean()) {
            flush();
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

    private void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

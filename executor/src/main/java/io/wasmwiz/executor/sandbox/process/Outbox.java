package io.wasmwiz.executor.sandbox.process;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * What a process is to be sent, and the thread that sends it: whoever posts is never held up by a process that does not
 * read. Thread-safe.
 */
final class Outbox {
    /** Bytes of modules that the process is taken to have; it answers when it has not. */
    private static final long KNOWN_MODULE_BYTES = 64L << 20;

    private static final int FLUSH_BYTES = 1 << 16;

    private record Outgoing(Frame kind, Job job) {}

    private final RecentModules<Integer> known = new RecentModules<>(KNOWN_MODULE_BYTES, bytes -> bytes);
    private List<Outgoing> waiting = new ArrayList<>();
    private boolean held;
    private boolean closed;

    synchronized void post(Frame kind, Job job) {
        waiting.add(new Outgoing(kind, job));
        if (waiting.size() == 1 && !held) {
            notifyAll();
        }
    }

    /** Sends nothing until {@link #release}, so that what is posted in between leaves in one write. */
    synchronized void hold() {
        held = true;
    }

    synchronized void release() {
        held = false;
        if (!waiting.isEmpty()) {
            notifyAll();
        }
    }

    /** Sends the job once more, with its module. */
    synchronized void postAgain(Job job) {
        known.remove(job.key());
        post(Frame.RUN, job);
    }

    /** Sends nothing more. */
    synchronized void close() {
        closed = true;
        waiting.clear();
        notifyAll();
    }

    /** Sends until it is closed. */
    void sendTo(OutputStream stream) throws IOException, InterruptedException {
        FrameWriter out = new FrameWriter(stream);
        for (List<Outgoing> batch = next(); !batch.isEmpty(); batch = next()) {
            for (Outgoing outgoing : batch) {
                write(outgoing, out);
                if (out.bytes() > FLUSH_BYTES) {
                    out.flush();
                }
            }
            out.flush();
        }
    }

    private void write(Outgoing outgoing, FrameWriter out) throws IOException {
        Job job = outgoing.job();
        if (outgoing.kind() == Frame.CANCEL || outgoing.kind() == Frame.RECALL) {
            out.begin(outgoing.kind(), job.number()).end();
        } else {
            job.write(out, learn(job));
        }
    }

    /** Whether the process had the module; now it has. */
    private synchronized boolean learn(Job job) {
        boolean had = known.get(job.key()) != null;
        if (!had) {
            known.put(job.key(), job.module().bytes().length);
        }
        return had;
    }

    private synchronized List<Outgoing> next() throws InterruptedException {
        while ((waiting.isEmpty() || held) && !closed) {
            wait();
        }
        List<Outgoing> batch = waiting;
        waiting = new ArrayList<>();
        return batch;
    }
}

package io.wasmwiz.executor.sandbox.process;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * What a process is to be sent, and the thread that sends it: whoever posts is never held up by a process that does not
 * read. Who reads its answers sends, too, as long as the pipe has room whatever the process does. Thread-safe.
 */
final class Outbox {
    /** Bytes of modules that the process is taken to have; it answers when it has not. */
    private static final long KNOWN_MODULE_BYTES = 64L << 20;

    private static final int FLUSH_BYTES = 1 << 16;
    /** A pipe holds 64 KiB, which small writes may fill by half. */
    private static final int PIPE_BYTES = 1 << 14;

    private record Outgoing(Frame kind, Job job) {}

    private final RecentModules<Integer> known = new RecentModules<>(KNOWN_MODULE_BYTES, bytes -> bytes);
    private final OutputStream stream;
    /** Belongs to whoever set {@code sending}. */
    private final FrameWriter out;

    private List<Outgoing> waiting = new ArrayList<>();
    private boolean held;
    private boolean sending;
    /** More than the pipe surely holds: the thread in {@link #send} sends it, held or not. */
    private boolean overflows;

    private boolean closed;
    private long sentBytes;
    private long receivedBytes;

    /** Sends to {@code stream}, which {@link #send} closes. */
    Outbox(OutputStream stream) {
        this.stream = stream;
        this.out = new FrameWriter(stream);
    }

    /** Leaves soon, with what was {@linkplain #put put} before. */
    synchronized void post(Frame kind, Job job) {
        waiting.add(new Outgoing(kind, job));
        if (!held && !sending) {
            notifyAll();
        }
    }

    /** Leaves with the next post or {@link #release}; waking the thread that sends costs more than a short run. */
    synchronized void put(Frame kind, Job job) {
        waiting.add(new Outgoing(kind, job));
    }

    synchronized int waiting() {
        return waiting.size();
    }

    /** Sends nothing until {@link #release}, so that what is posted in between leaves in one write. */
    synchronized void hold() {
        held = true;
    }

    /**
     * Sends what waits, or lets the thread in {@link #send} do it when it is more than the pipe surely holds. When the process
     * does not read any more, nothing is sent from here on; what it said before that is still to be read.
     */
    void release() {
        List<Outgoing> batch;
        synchronized (this) {
            held = false;
            if (waiting.isEmpty() || overflows || sending || closed) {
                return;
            }
            batch = begin();
        }
        int done = 0;
        try {
            while (done < batch.size() && fits()) {
                encode(batch.get(done++));
            }
            if (fits()) {
                flush();
            }
        } catch (IOException e) {
            close();
        } finally {
            end(batch.subList(done, batch.size()));
        }
    }

    /** Whether what was encoded can be written without waiting. */
    private synchronized boolean fits() {
        return sentBytes - receivedBytes + out.bytes() <= PIPE_BYTES;
    }

    /** Sends the job once more, with its module. */
    synchronized void postAgain(Job job) {
        known.remove(job.key());
        post(Frame.RUN, job);
    }

    /** The process answered a job, so it has read all up to there. */
    synchronized void received(Job job) {
        receivedBytes = Math.max(receivedBytes, Math.min(sentBytes, job.frameEnd()));
    }

    /** Sends nothing more. */
    synchronized void close() {
        closed = true;
        waiting.clear();
        notifyAll();
    }

    /** Sends until this is closed, and closes the stream. */
    void send() throws IOException, InterruptedException {
        try (stream) {
            while (awaitWork()) {
                sendAll();
            }
        }
    }

    /** Now the caller sends, unless this is closed. */
    private synchronized boolean awaitWork() throws InterruptedException {
        while ((sending || !overflows && (held || waiting.isEmpty())) && !closed) {
            wait();
        }
        sending = !closed;
        return sending;
    }

    private void sendAll() throws IOException {
        try {
            for (Outgoing outgoing : begin()) {
                encode(outgoing);
                if (out.bytes() > FLUSH_BYTES) {
                    flush();
                }
            }
            flush();
        } finally {
            end(List.of());
        }
    }

    private synchronized List<Outgoing> begin() {
        sending = true;
        List<Outgoing> batch = waiting;
        waiting = new ArrayList<>();
        return batch;
    }

    /** {@code left} was not sent and comes first. */
    private synchronized void end(List<Outgoing> left) {
        sending = false;
        if (closed) {
            return;
        }
        waiting.addAll(0, left);
        overflows = !left.isEmpty() || out.bytes() > 0;
        if (overflows || !held && !waiting.isEmpty()) {
            notifyAll();
        }
    }

    private void encode(Outgoing outgoing) throws IOException {
        Job job = outgoing.job();
        if (outgoing.kind() == Frame.CANCEL || outgoing.kind() == Frame.RECALL) {
            out.begin(outgoing.kind(), job.number()).end();
        } else {
            job.write(out, learn(job));
            job.endFrameAt(sentBytes + out.bytes());
        }
    }

    private void flush() throws IOException {
        int bytes = out.bytes();
        out.flush();
        synchronized (this) {
            sentBytes += bytes;
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
}

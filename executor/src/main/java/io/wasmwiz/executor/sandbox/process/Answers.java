package io.wasmwiz.executor.sandbox.process;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * All that a process answers: its standard output, and after the end of that and of the process what it had
 * {@linkplain KeptReplies kept}. The file is read like any other and never mapped: the process could cut it off, which
 * would be a fault here. One thread reads; {@link #lastStart} is thread-safe.
 */
final class Answers extends InputStream {
    /** A job and the {@link System#nanoTime} of its start, as the process says. */
    record Start(long job, long nanos) {}

    private final InputStream out;
    private final FileChannel kept;
    private final Runnable awaitDeath;
    private final ByteBuffer left = ByteBuffer.allocate(KeptReplies.RING_BYTES).limit(0);
    private long position;
    private boolean hasEnded;

    /**
     * Of a process that lives.
     *
     * @param out its standard output
     * @param file which it keeps replies in; it is opened here
     * @param awaitDeath waits until the process can write nothing more, when {@code out} has ended
     */
    Answers(InputStream out, Path file, Runnable awaitDeath) throws IOException {
        this.out = out;
        this.kept = FileChannel.open(file, StandardOpenOption.READ);
        this.awaitDeath = awaitDeath;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (!hasEnded) {
            int read = out.read(bytes, offset, length);
            if (read >= 0) {
                position += read;
                return read;
            }
            hasEnded = true;
            awaitDeath.run();
            readLeft();
        }
        int read = Math.min(length, left.remaining());
        left.get(bytes, offset, read);
        return read == 0 && length > 0 ? -1 : read;
    }

    /** What follows the last byte that came. Nothing, if the process was not keeping replies when it died. */
    private void readLeft() throws IOException {
        ByteBuffer file = readFile(KeptReplies.FILE_BYTES);
        long bytes = file.getLong(KeptReplies.END) - position;
        if (bytes < 0 || bytes > KeptReplies.RING_BYTES) {
            return;
        }
        int at = (int) (position % KeptReplies.RING_BYTES);
        int first = (int) Math.min(bytes, KeptReplies.RING_BYTES - at);
        left.clear();
        left.put(0, file, KeptReplies.RING + at, first).put(first, file, KeptReplies.RING, (int) bytes - first);
        left.limit((int) bytes);
    }

    /** The job that started last; of no number that was ever given when there was none. */
    Start lastStart() throws IOException {
        ByteBuffer file = readFile(KeptReplies.RING);
        return new Start(file.getLong(KeptReplies.START), file.getLong(KeptReplies.START_NANOS));
    }

    /** From its begin; what the process cut off is zeros. */
    private ByteBuffer readFile(int bytes) throws IOException {
        ByteBuffer file = ByteBuffer.allocate(bytes);
        while (file.hasRemaining() && kept.read(file, file.position()) > 0) {}
        return file;
    }

    /** Closes the file only: standard output belongs to the process. */
    @Override
    public void close() throws IOException {
        kept.close();
    }
}

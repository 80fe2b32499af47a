package io.wasmwiz.executor.sandbox.process;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What a process has not sent yet and its executor must learn if the process dies: the run that started last, and replies
 * that wait to be sent together. They are in the memory of a file, which outlives the process and costs no system call.
 * {@link Answers} reads it.
 *
 * <p>The file: the position in all replies up to which they are kept (8 bytes), when the last run started
 * ({@link System#nanoTime}, 8), its number (8); from {@link #RING} on a ring, in which the byte at a position of the
 * replies is at that position modulo {@link #RING_BYTES}. Numbers are big-endian. What the executor has received needs no
 * mark here: it knows.
 *
 * <p>Not thread-safe. Never closed: it goes with its process.
 */
final class KeptReplies {
    static final int END = 0;
    static final int START_NANOS = 8;
    static final int START = 16;
    static final int RING = 64;
    /** Also how much can be kept at once. */
    static final int RING_BYTES = 1 << 15;

    static final int FILE_BYTES = RING + RING_BYTES;

    private static final VarHandle WORD = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final MappedByteBuffer file;

    private KeptReplies(MappedByteBuffer file) {
        this.file = file;
    }

    /** Over a file of {@link #FILE_BYTES} that its executor made. */
    static KeptReplies open(Path path) throws IOException {
        try (var channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new KeptReplies(channel.map(FileChannel.MapMode.READ_WRITE, 0, FILE_BYTES));
        }
    }

    /**
     * Keeps replies.
     *
     * @param position of the first byte in all replies; everything before it was sent or is kept
     * @param bytes of this and of what was kept and not sent {@link #RING_BYTES} together at most
     */
    void keep(long position, ByteBuffer bytes) {
        int length = bytes.remaining();
        int at = (int) (position % RING_BYTES);
        int first = Math.min(length, RING_BYTES - at);
        file.put(RING + at, bytes, bytes.position(), first);
        file.put(RING, bytes, bytes.position() + first, length - first);
        WORD.setRelease(file, END, position + length);
    }

    /** Notes that a job starts now; {@code nanos} is the {@link System#nanoTime}. What was kept before is seen before. */
    void started(long job, long nanos) {
        WORD.setRelease(file, START_NANOS, nanos);
        WORD.setRelease(file, START, job);
    }
}

package io.wasmwiz.executor.sandbox.process;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Collects frames, so that many leave in one write. Not thread-safe. */
final class FrameWriter {
    private static final int KEPT_BYTES = 1 << 16;

    private final OutputStream out;
    private ByteBuffer buffer = ByteBuffer.allocate(KEPT_BYTES);
    private int frameStart;

    FrameWriter(OutputStream out) {
        this.out = out;
    }

    /** Begins a frame; {@link #end} ends it. */
    FrameWriter begin(Frame kind, long job) {
        frameStart = buffer.position();
        room(Integer.BYTES + Frame.HEADER_BYTES)
                .putInt(0)
                .put((byte) kind.ordinal())
                .putLong(job);
        return this;
    }

    FrameWriter put(byte value) {
        room(1).put(value);
        return this;
    }

    FrameWriter put(int value) {
        room(Integer.BYTES).putInt(value);
        return this;
    }

    FrameWriter put(long value) {
        room(Long.BYTES).putLong(value);
        return this;
    }

    FrameWriter put(UUID id) {
        return put(id.getMostSignificantBits()).put(id.getLeastSignificantBits());
    }

    /** With their number in front. */
    FrameWriter put(byte[] bytes) {
        room(Integer.BYTES + bytes.length).putInt(bytes.length).put(bytes);
        return this;
    }

    FrameWriter put(String text) {
        return put(text.getBytes(StandardCharsets.UTF_8));
    }

    void end() {
        buffer.putInt(frameStart, buffer.position() - frameStart - Integer.BYTES);
    }

    int bytes() {
        return buffer.position();
    }

    /** What was collected after so many bytes; good until the next call. */
    ByteBuffer collected(int after) {
        return buffer.duplicate().flip().position(after);
    }

    /** Writes what was collected. May block. */
    void flush() throws IOException {
        if (buffer.position() > 0) {
            // A file's stream takes as much native memory as it is given, and a pipe takes no more at once.
            for (int at = 0; at < buffer.position(); at += KEPT_BYTES) {
                out.write(buffer.array(), at, Math.min(KEPT_BYTES, buffer.position() - at));
            }
            out.flush();
            if (buffer.capacity() > KEPT_BYTES) {
                buffer = ByteBuffer.allocate(KEPT_BYTES);
            }
            buffer.clear();
        }
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            int capacity = (int) Math.min(Integer.MAX_VALUE - 16L, buffer.capacity() * 2L);
            var larger = ByteBuffer.allocate(Math.max(capacity, Math.addExact(buffer.position(), bytes)));
            buffer = larger.put(buffer.flip());
        }
        return buffer;
    }
}

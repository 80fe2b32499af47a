package io.wasmwiz.executor.sandbox.process;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * Reads frames one after the other and believes nothing: a frame that is longer than it may be, or that ends early, is a
 * {@link ProtocolException}. Not thread-safe.
 */
final class FrameReader {
    /** What came is no frame. */
    static final class ProtocolException extends IOException {
        ProtocolException(String message) {
            super(message);
        }
    }

    private static final int BUFFER_BYTES = 1 << 16;

    private final DataInputStream in;
    private ByteBuffer body = ByteBuffer.allocate(0);
    private byte[] kept = new byte[BUFFER_BYTES];
    private Frame kind = Frame.READY;
    private long job;
    private int bodyBytes;

    FrameReader(InputStream in) {
        this.in = new DataInputStream(new BufferedInputStream(in, BUFFER_BYTES));
    }

    /** Reads the next frame's header; false at the end of the stream. */
    boolean next() throws IOException {
        int length;
        try {
            length = in.readInt();
        } catch (EOFException e) {
            return false;
        }
        Frame known = length < Frame.HEADER_BYTES ? null : Frame.of(in.readByte());
        if (known == null) {
            throw new ProtocolException("not a frame");
        }
        kind = known;
        job = in.readLong();
        bodyBytes = length - Frame.HEADER_BYTES;
        return true;
    }

    Frame kind() {
        return kind;
    }

    long job() {
        return job;
    }

    /** Reads the body, which must follow {@link #next}. */
    void body(long maximumBytes) throws IOException {
        if (bodyBytes > maximumBytes) {
            throw new ProtocolException("a body of " + bodyBytes + " bytes where " + maximumBytes + " are allowed");
        }
        byte[] bytes = bodyBytes <= kept.length ? kept : new byte[bodyBytes];
        in.readFully(bytes, 0, bodyBytes);
        body = ByteBuffer.wrap(bytes, 0, bodyBytes);
    }

    byte getByte() throws ProtocolException {
        return holding(Byte.BYTES).get();
    }

    int getInt() throws ProtocolException {
        return holding(Integer.BYTES).getInt();
    }

    long getLong() throws ProtocolException {
        return holding(Long.BYTES).getLong();
    }

    boolean getBoolean() throws ProtocolException {
        return getByte() != 0;
    }

    UUID getId() throws ProtocolException {
        return new UUID(getLong(), getLong());
    }

    byte[] getBytes() throws ProtocolException {
        int length = getInt();
        if (length < 0) {
            throw new ProtocolException("a field of " + length + " bytes");
        }
        ByteBuffer there = holding(length);
        byte[] bytes = new byte[length];
        there.get(bytes);
        return bytes;
    }

    String getString() throws ProtocolException {
        return new String(getBytes(), StandardCharsets.UTF_8);
    }

    private ByteBuffer holding(int bytes) throws ProtocolException {
        if (body.remaining() < bytes) {
            throw new ProtocolException("the body ends early");
        }
        return body;
    }
}

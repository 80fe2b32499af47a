package io.wasmwiz.executor.sandbox.process;

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

    private final InputStream in;
    /** What was read and not taken is between its position and its limit. */
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).limit(0);

    private ByteBuffer body = ByteBuffer.allocate(0);
    private Frame kind = Frame.READY;
    private long job;
    private int bodyBytes;

    FrameReader(InputStream in) {
        this.in = in;
    }

    /** Whether {@link #next} and {@link #body} would find a whole frame without waiting. */
    boolean hasNext() {
        return buffer.remaining() >= Integer.BYTES
                && buffer.remaining() - Integer.BYTES >= buffer.getInt(buffer.position());
    }

    /** Reads the next frame's header; false at the end of the stream. */
    boolean next() throws IOException {
        if (!fill(Integer.BYTES)) {
            return false;
        }
        int length = buffer.getInt();
        if (length < Frame.HEADER_BYTES) {
            throw new ProtocolException("not a frame");
        }
        require(Frame.HEADER_BYTES);
        Frame known = Frame.of(buffer.get());
        if (known == null) {
            throw new ProtocolException("not a frame");
        }
        kind = known;
        job = buffer.getLong();
        bodyBytes = length - Frame.HEADER_BYTES;
        return true;
    }

    /** False when the stream ends before so many bytes are in the buffer, which has room for them. */
    private boolean fill(int bytes) throws IOException {
        while (buffer.remaining() < bytes) {
            if (buffer.capacity() - buffer.position() < bytes) {
                buffer.compact().flip();
            }
            int read = in.read(buffer.array(), buffer.limit(), buffer.capacity() - buffer.limit());
            if (read < 0) {
                return false;
            }
            buffer.limit(buffer.limit() + read);
        }
        return true;
    }

    private void require(int bytes) throws IOException {
        if (!fill(bytes)) {
            throw new EOFException();
        }
    }

    Frame kind() {
        return kind;
    }

    long job() {
        return job;
    }

    /** Reads the body, which must follow {@link #next} and is there until the next one. */
    void body(long maximumBytes) throws IOException {
        if (bodyBytes > maximumBytes) {
            throw new ProtocolException("a body of " + bodyBytes + " bytes where " + maximumBytes + " are allowed");
        }
        if (bodyBytes <= buffer.capacity()) {
            require(bodyBytes);
            body = ByteBuffer.wrap(buffer.array(), buffer.position(), bodyBytes);
            buffer.position(buffer.position() + bodyBytes);
        } else {
            byte[] bytes = new byte[bodyBytes];
            int there = buffer.remaining();
            buffer.get(bytes, 0, there);
            // A file's stream takes as much native memory as it is asked for, however little a pipe gives it.
            while (there < bodyBytes) {
                int read = in.read(bytes, there, Math.min(BUFFER_BYTES, bodyBytes - there));
                if (read < 0) {
                    throw new EOFException();
                }
                there += read;
            }
            body = ByteBuffer.wrap(bytes);
        }
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

package io.wasmwiz.executor.grpc;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import io.wasmwiz.executor.export.ExportMessage;
import io.wasmwiz.v1.ExportUsageResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;

/**
 * Puts an {@link ExportMessage} on the wire as the {@code ExportUsageResponse} that it is: the encoded rows as they are,
 * and then the other fields; the encoding of a message is the sum of those of its fields. Stateless.
 */
final class ExportMarshaller implements Marshaller<ExportMessage> {
    @Override
    public InputStream stream(ExportMessage message) {
        ExportUsageResponse.Builder others = ExportUsageResponse.newBuilder().setResumeToken(message.resumeToken());
        message.completeBefore().map(ProtoMapper::toTimestamp).ifPresent(others::setCompleteBefore);
        return new Encoded(message.rows(), others.build().toByteArray());
    }

    @Override
    public ExportMessage parse(InputStream stream) {
        throw new UnsupportedOperationException("a server only sends these");
    }

    /** Two arrays, one after the other. gRPC drains it; where it reads it instead, that works as well. */
    private static final class Encoded extends InputStream implements KnownLength, Drainable {
        private final byte[] rows;
        private final byte[] others;
        private final InputStream both;
        private int available;

        Encoded(byte[] rows, byte[] others) {
            this.rows = rows;
            this.others = others;
            this.both = new SequenceInputStream(new ByteArrayInputStream(rows), new ByteArrayInputStream(others));
            this.available = rows.length + others.length;
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            int drained = available;
            if (drained == rows.length + others.length) {
                target.write(rows);
                target.write(others);
            } else {
                both.transferTo(target);
            }
            available = 0;
            return drained;
        }

        @Override
        public int available() {
            return available;
        }

        @Override
        public int read() throws IOException {
            int value = both.read();
            available -= value < 0 ? 0 : 1;
            return value;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = both.read(bytes, offset, length);
            available -= Math.max(0, count);
            return count;
        }
    }
}

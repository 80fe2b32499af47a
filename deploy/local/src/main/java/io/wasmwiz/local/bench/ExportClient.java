package io.wasmwiz.local.bench;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.stub.ClientCalls;
import io.wasmwiz.v1.ExportUsageRequest;
import io.wasmwiz.v1.ExportUsageResponse;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.function.LongPredicate;

/** Reads an export and counts its rows without making objects of them: what it costs to make those is the client's. */
final class ExportClient {
    private static final MethodDescriptor<ExportUsageRequest, Long> COUNTED =
            UsageServiceGrpc.getExportUsageMethod().toBuilder(
                            UsageServiceGrpc.getExportUsageMethod().getRequestMarshaller(), new RowCounter())
                    .build();

    private ExportClient() {}

    /** Reads until the end, or until {@code enough} says so of the number of rows so far; returns that. */
    static long read(Channel channel, ExportUsageRequest request, LongPredicate enough) {
        try (Context.CancellableContext call = Context.current().withCancellation()) {
            Context before = call.attach();
            try {
                Iterator<Long> messages =
                        ClientCalls.blockingServerStreamingCall(channel, COUNTED, CallOptions.DEFAULT, request);
                long rows = 0;
                while (messages.hasNext()) {
                    rows += messages.next();
                    if (enough.test(rows)) {
                        break;
                    }
                }
                return rows;
            } finally {
                call.detach(before);
            }
        }
    }

    private static final class RowCounter implements Marshaller<Long> {
        @Override
        public InputStream stream(Long message) {
            throw new UnsupportedOperationException("a client only reads these");
        }

        @Override
        public Long parse(InputStream stream) {
            try {
                CodedInputStream in = CodedInputStream.newInstance(stream);
                long rows = 0;
                for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                    if (WireFormat.getTagFieldNumber(tag) == ExportUsageResponse.ROWS_FIELD_NUMBER) {
                        rows++;
                    }
                    in.skipField(tag);
                }
                return rows;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}

package io.wasmwiz.cli.export;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.google.rpc.ErrorInfo;
import io.grpc.Deadline;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.wasmwiz.cli.failure.ServerFailure;
import io.wasmwiz.v1.ExportUsageRequest;
import io.wasmwiz.v1.ExportUsageResponse;
import io.wasmwiz.v1.UsageRow;
import io.wasmwiz.v1.UsageServiceGrpc.UsageServiceBlockingStub;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads an export through cuts: a stream that the server or the network ends is taken up again at its last message, after
 * pauses of 0.1 s to 5 s, until too many in a row brought nothing. One thread reads; {@link #cuts} may be asked by others.
 */
final class UsageStream {
    private static final long FIRST_PAUSE_MS = 100;
    private static final long LONGEST_PAUSE_MS = 5_000;

    private final UsageServiceBlockingStub stub;
    private final ExportUsageRequest request;
    private final int maxCuts;
    private final boolean skipDropped;
    private String token;
    private @Nullable Timestamp completeBefore;
    private @Nullable String droppedBefore;
    private volatile int cuts;

    /** Takes the rows of one message. */
    interface Sink {
        /** Whether to go on. */
        boolean take(Iterable<UsageRow> rows) throws IOException;
    }

    UsageStream(UsageServiceBlockingStub stub, ExportUsageRequest request, int maxCuts, boolean skipDropped) {
        this.stub = stub;
        this.request = request;
        this.maxCuts = maxCuts;
        this.skipDropped = skipDropped;
        this.token = request.getResumeToken();
    }

    /**
     * Reads until the end, until {@code sink} has enough, or for {@code limit}.
     *
     * @throws StatusRuntimeException when it cannot go on
     */
    void read(@Nullable Duration limit, Sink sink) throws IOException, InterruptedException {
        Deadline deadline = limit == null ? null : Deadline.after(limit.toNanos(), TimeUnit.NANOSECONDS);
        int inARow = 0;
        while (true) {
            String before = token;
            try {
                readOnce(deadline, sink);
                return;
            } catch (StatusRuntimeException e) {
                if (deadline != null
                        && deadline.isExpired()
                        && e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED) {
                    return;
                }
                inARow = token.equals(before) ? inARow + 1 : 1;
                recover(e, inARow);
            }
        }
    }

    private void readOnce(@Nullable Deadline deadline, Sink sink) throws IOException {
        UsageServiceBlockingStub call = deadline == null ? stub : stub.withDeadline(deadline);
        try (io.grpc.Context.CancellableContext context =
                io.grpc.Context.current().withCancellation()) {
            io.grpc.Context outer = context.attach();
            try {
                Iterator<ExportUsageResponse> messages = call.exportUsage(
                        request.toBuilder().setResumeToken(token).build());
                boolean more = true;
                while (more && messages.hasNext()) {
                    ExportUsageResponse message = messages.next();
                    token = message.getResumeToken();
                    if (message.hasCompleteBefore()) {
                        completeBefore = message.getCompleteBefore();
                    }
                    more = sink.take(message.getRowsList());
                }
            } finally {
                context.detach(outer);
            }
        }
    }

    private void recover(StatusRuntimeException e, int inARow) throws InterruptedException {
        ServerFailure failure = ServerFailure.of(e.getStatus(), e.getTrailers());
        ErrorInfo info = info(e);
        if (skipDropped && info.getReason().equals("USAGE_DROPPED")) {
            droppedBefore = info.getMetadataOrDefault("oldest_day", "");
            token = info.getMetadataOrThrow("restart_token");
            return;
        }
        if (failure.code() != Status.Code.UNAVAILABLE || inARow > maxCuts) {
            throw e;
        }
        cuts++;
        long pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << Math.min(inARow - 1, 10));
        Thread.sleep(Math.max(
                pause, Math.min(LONGEST_PAUSE_MS, failure.retryAfterSeconds().orElse(0) * 1_000)));
    }

    // As it is: what people are shown of it is cut to a screenful.
    private static ErrorInfo info(StatusRuntimeException e) {
        com.google.rpc.Status status = StatusProto.fromThrowable(e);
        for (Any detail : status == null ? List.<Any>of() : status.getDetailsList()) {
            if (detail.is(ErrorInfo.class)) {
                try {
                    return detail.unpack(ErrorInfo.class);
                } catch (InvalidProtocolBufferException damaged) {
                    break;
                }
            }
        }
        return ErrorInfo.getDefaultInstance();
    }

    /** Resumes after what was read. */
    String token() {
        return token;
    }

    /** The watermark of the last message that had one. */
    @Nullable
    Timestamp completeBefore() {
        return completeBefore;
    }

    /** The first day that is kept, when retention took rows that this was to read. */
    @Nullable
    String droppedBefore() {
        return droppedBefore;
    }

    int cuts() {
        return cuts;
    }
}

package io.wasmwiz.local;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleRef;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A few clients that call one after another until they are stopped, and note what each call was told: acknowledged,
 * refused unrun, or no definitive answer.
 */
final class Trickle implements AutoCloseable {
    private static final int CLIENTS = 4;
    private static final long PAUSE_MILLIS = 5;
    private static final long CALL_SECONDS = 60;

    final Queue<UUID> acknowledged = new ConcurrentLinkedQueue<>();
    final Queue<Refusal> refused = new ConcurrentLinkedQueue<>();
    final Queue<StatusRuntimeException> unknown = new ConcurrentLinkedQueue<>();
    private final ManagedChannel channel;
    private final ScheduledExecutorService clients = Executors.newScheduledThreadPool(CLIENTS);

    /** A refusal and whether it said when to try again. */
    record Refusal(String reason, boolean saysWhenToRetry) {}

    private Trickle(ManagedChannel channel) {
        this.channel = channel;
    }

    static Trickle start(String address, String apiKey, byte[] module) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + apiKey);
        ManagedChannel channel = Grpc.newChannelBuilder(address, InsecureChannelCredentials.create())
                .intercept(MetadataUtils.newAttachHeadersInterceptor(headers))
                .build();
        Trickle trickle = new Trickle(channel);
        ExecuteRequest request = ExecuteRequest.newBuilder()
                .setModule(ModuleRef.newBuilder().setInline(ByteString.copyFrom(module)))
                .setInput(ByteString.copyFromUtf8("drop"))
                .build();
        for (int i = 0; i < CLIENTS; i++) {
            Future<?> unused = trickle.clients.scheduleWithFixedDelay(
                    () -> trickle.call(request), 0, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
        return trickle;
    }

    private void call(ExecuteRequest request) {
        try {
            acknowledged.add(UUID.fromString(ExecutionServiceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
                    .execute(request)
                    .getReceipt()
                    .getExecutionId()));
        } catch (StatusRuntimeException e) {
            note(e);
        }
    }

    private void note(StatusRuntimeException e) {
        Status status = StatusProto.fromThrowable(e);
        if (status == null || e.getStatus().getCode() != io.grpc.Status.Code.UNAVAILABLE) {
            unknown.add(e);
            return;
        }
        try {
            String reason = "";
            boolean retry = false;
            for (Any detail : status.getDetailsList()) {
                reason = detail.is(ErrorInfo.class)
                        ? detail.unpack(ErrorInfo.class).getReason()
                        : reason;
                retry |= detail.is(RetryInfo.class);
            }
            refused.add(new Refusal(reason, retry));
        } catch (InvalidProtocolBufferException broken) {
            unknown.add(e);
        }
    }

    /** Stops calling and waits for the last answers. */
    void stop() throws InterruptedException {
        clients.shutdown();
        if (!clients.awaitTermination(2 * CALL_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("a call did not end within its deadline");
        }
    }

    @Override
    public void close() {
        clients.shutdownNow();
        channel.shutdownNow();
    }
}

package io.wasmwiz.local.chaos;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleRef;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Calls in one tenant's name at its pace, and notes how each call ended. Its opener closes it. */
final class TenantLoad implements Load {
    /** More than three executors let wait for one account. */
    private static final int IN_FLIGHT_AT_MOST = 1_000;

    private static final long FLOOD_MILLIS = 1_000;
    private static final int INPUT_LENGTHS = 4_096;
    private static final long DEADLINE_SECONDS = 20;

    private final Tenant tenant;
    private final ManagedChannel channel;
    private final ExecutionServiceGrpc.ExecutionServiceStub stub;
    private final ByteString module;
    private final Semaphore slots = new Semaphore(IN_FLIGHT_AT_MOST);
    private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final Thread thread;
    private final AtomicLong sequence = new AtomicLong();

    private TenantLoad(Tenant tenant, List<String> executors, byte[] module) {
        this.tenant = tenant;
        this.module = ByteString.copyFrom(module);
        this.channel = tenant.channel(executors);
        this.stub = ExecutionServiceGrpc.newStub(channel);
        this.thread = new Thread(this::pace, "load-" + tenant.tier());
        thread.setDaemon(true);
    }

    /** Prepares it; {@link #begin} starts the calls. */
    static TenantLoad open(Tenant tenant, List<String> executors, byte[] module) {
        return new TenantLoad(tenant, executors, module);
    }

    @Override
    public void begin() {
        thread.start();
    }

    private void pace() {
        long periodNanos = 1_000_000_000L / tenant.callsPerSecond();
        long due = System.nanoTime();
        try {
            while (!stopping.get()) {
                due = Math.max(due + periodNanos, System.nanoTime() - 10 * periodNanos);
                TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
                call();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Makes as many calls at once as may be in progress, once a second until {@link System#nanoTime} is {@code until}. */
    void flood(long until) throws InterruptedException {
        while (System.nanoTime() < until) {
            for (int free = slots.availablePermits(); free > 0; free--) {
                call();
            }
            Thread.sleep(FLOOD_MILLIS);
        }
    }

    /** Makes one call now, waiting while as many as may be are in progress. */
    void call() throws InterruptedException {
        slots.acquire();
        long inputBytes = sequence.getAndIncrement() % INPUT_LENGTHS;
        UUID requestId = tenant.withRequestIds() ? UUID.randomUUID() : null;
        ExecuteRequest.Builder request = ExecuteRequest.newBuilder()
                .setModule(ModuleRef.newBuilder().setInline(module))
                .setInput(ByteString.copyFrom(new byte[(int) inputBytes]));
        if (requestId != null) {
            request.setRequestId(requestId.toString());
        }
        stub.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                .execute(request.build(), new Ending(inputBytes, requestId, Instant.now()));
    }

    @Override
    public void finish() throws InterruptedException {
        stopping.set(true);
        thread.join();
        awaitCalls();
    }

    /** Waits until no call is in progress. */
    void awaitCalls() throws InterruptedException {
        if (!slots.tryAcquire(IN_FLIGHT_AT_MOST, DEADLINE_SECONDS * 2, TimeUnit.SECONDS)) {
            throw new IllegalStateException(
                    "calls of " + tenant + " have not ended " + DEADLINE_SECONDS + " s after their deadline");
        }
        slots.release(IN_FLIGHT_AT_MOST);
    }

    @Override
    public Tenant tenant() {
        return tenant;
    }

    @Override
    public List<Call> calls() {
        return List.copyOf(calls);
    }

    @Override
    public void close() throws InterruptedException {
        stopping.set(true);
        channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }

    /** That of the server's error; empty where a server sent none, as when a connection broke. */
    private static String reason(Throwable failure) {
        com.google.rpc.Status status = StatusProto.fromThrowable(failure);
        if (status == null) {
            return "";
        }
        for (Any detail : status.getDetailsList()) {
            if (detail.is(ErrorInfo.class)) {
                try {
                    return detail.unpack(ErrorInfo.class).getReason();
                } catch (InvalidProtocolBufferException e) {
                    return "";
                }
            }
        }
        return "";
    }

    /** What the connection failed with, by the name of its class; empty where that is not known. */
    private static String cause(Status status) {
        Throwable cause = status.getCause();
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause == null ? "" : cause.getClass().getSimpleName();
    }

    private final class Ending implements StreamObserver<ExecuteResponse> {
        private final long inputBytes;
        private final @Nullable UUID requestId;
        private final Instant started;
        private @Nullable ExecuteResponse reply;

        Ending(long inputBytes, @Nullable UUID requestId, Instant started) {
            this.inputBytes = inputBytes;
            this.requestId = requestId;
            this.started = started;
        }

        @Override
        public void onNext(ExecuteResponse response) {
            reply = response;
        }

        @Override
        public void onError(Throwable failure) {
            Status status = Status.fromThrowable(failure);
            String reason = reason(failure);
            // With an id gRPC may have repeated the call, and an earlier attempt may have run.
            boolean nothingRan = !reason.isEmpty()
                    && requestId == null
                    && !reason.equals("OUTCOME_UNKNOWN")
                    && status.getCode() != Status.Code.INTERNAL;
            String why = reason.isEmpty() ? cause(status) : reason;
            String detail = status.getCode() + (why.isEmpty() ? "" : " " + why);
            end(nothingRan ? Call.End.REFUSED : Call.End.UNKNOWN, null, detail);
        }

        @Override
        public void onCompleted() {
            ExecuteResponse response = reply;
            if (response == null) {
                end(Call.End.UNKNOWN, null, "OK without a reply");
                return;
            }
            end(
                    response.getReceipt().getCharged() ? Call.End.CHARGED : Call.End.NOT_CHARGED,
                    UUID.fromString(response.getReceipt().getExecutionId()),
                    response.getReceipt().getStatus().name());
        }

        private void end(Call.End end, @Nullable UUID executionId, String detail) {
            calls.add(new Call(
                    tenant.account(), inputBytes, requestId, started, Instant.now(), end, executionId, detail));
            slots.release();
        }
    }
}

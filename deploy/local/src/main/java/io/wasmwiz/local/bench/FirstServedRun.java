package io.wasmwiz.local.bench;

import com.google.protobuf.ByteString;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.wasmwiz.embedded.EmbeddedServerException;
import io.wasmwiz.executor.bench.BenchGuests;
import io.wasmwiz.executor.bench.Figure;
import io.wasmwiz.local.cluster.Member;
import io.wasmwiz.local.parts.BearerKey;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How soon a new executor serves, while PostgreSQL and the broker run. Stateless. */
final class FirstServedRun {
    private static final int STARTS = 5;
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final long PAUSE_MILLIS = 5;

    private FirstServedRun() {}

    /** Restarts the executor some times; the median from the start of its process to the reply to a client's first run. */
    static Figure measure(BenchStack stack) throws InterruptedException {
        List<Double> millis = new ArrayList<>();
        for (int i = 0; i < STARTS; i++) {
            millis.add(restart(stack) / 1e6);
        }
        return Figure.of("start of an executor to its first served run", Median.of(millis, Double::doubleValue), "ms");
    }

    private static long restart(BenchStack stack) throws InterruptedException {
        Member executor = stack.executor();
        executor.stop();
        ManagedChannel channel = Grpc.newChannelBuilder(stack.server(), InsecureChannelCredentials.create())
                .intercept(BearerKey.sent(stack.key()))
                .build();
        try {
            long start = System.nanoTime();
            executor.start();
            awaitRun(channel, start);
            return System.nanoTime() - start;
        } finally {
            channel.shutdownNow();
        }
    }

    private static void awaitRun(ManagedChannel channel, long start) throws InterruptedException {
        ExecuteRequest request = ExecuteRequest.newBuilder()
                .setModule(ModuleRef.newBuilder()
                        .setInline(
                                ByteString.copyFrom(BenchGuests.echo().module().bytes())))
                .setInput(ByteString.copyFrom(BenchGuests.echo().input()))
                .build();
        while (true) {
            try {
                var response = ExecutionServiceGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(LIMIT.toSeconds(), TimeUnit.SECONDS)
                        .execute(request);
                if (!response.getStdout().equals(request.getInput())) {
                    throw new EmbeddedServerException("the first run answered " + response.getReceipt());
                }
                return;
            } catch (StatusRuntimeException e) {
                boolean mayPass = e.getStatus().getCode() == Status.Code.UNAVAILABLE;
                if (!mayPass || System.nanoTime() - start > LIMIT.toNanos()) {
                    throw new EmbeddedServerException("the executor served no run: " + e.getStatus(), e);
                }
                // Its port is closed, or it does not serve yet. The channel itself would wait longer and longer.
                channel.resetConnectBackoff();
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        }
    }
}

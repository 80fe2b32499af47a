package io.wasmwiz.local.billing;

import static org.awaitility.Awaitility.await;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ExportUsageRequest;
import io.wasmwiz.v1.ExportUsageResponse;
import io.wasmwiz.v1.ModuleRef;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** A client of one executor, with one key. Thread-safe; its opener closes it. */
final class Caller implements AutoCloseable {
    /** What a call was told. */
    sealed interface Answer {
        /** It ran and is recorded. */
        record Acknowledged(ExecuteResponse response) implements Answer {
            UUID executionId() {
                return UUID.fromString(response.getReceipt().getExecutionId());
            }
        }

        /**
         * It was not acknowledged.
         *
         * @param executionId nil: the answer names none
         */
        record Failed(String reason, UUID executionId) implements Answer {}
    }

    private static final UUID NONE = new UUID(0, 0);
    private static final Path SAMPLES = Path.of("../samples");

    private final ManagedChannel channel;
    private final URI admin;
    private final ClientInterceptor authorization;
    private final ExecutionServiceGrpc.ExecutionServiceStub stub;

    private Caller(ManagedChannel channel, URI admin, ClientInterceptor authorization) {
        this.channel = channel;
        this.admin = admin;
        this.authorization = authorization;
        this.stub = ExecutionServiceGrpc.newStub(channel).withInterceptors(authorization);
    }

    static Caller of(int grpcPort, int adminPort, String apiKey) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + apiKey);
        ManagedChannel channel = Grpc.newChannelBuilder("127.0.0.1:" + grpcPort, InsecureChannelCredentials.create())
                .build();
        return new Caller(
                channel,
                URI.create("http://127.0.0.1:" + adminPort),
                MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    /** {@code host:port} of the executor. */
    String address() {
        return channel.authority();
    }

    /** A run of one of the samples. */
    static ExecuteRequest sample(String name, String... args) {
        try {
            return ExecuteRequest.newBuilder()
                    .setModule(ModuleRef.newBuilder()
                            .setInline(ByteString.copyFrom(Files.readAllBytes(SAMPLES.resolve(name + ".wasm")))))
                    .addAllArgs(List.of(args))
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends {@code request} and does not wait. */
    CompletableFuture<Answer> begin(ExecuteRequest request) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        stub.withDeadlineAfter(BillingStack.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .execute(request, new StreamObserver<>() {
                    @Override
                    public void onNext(ExecuteResponse response) {
                        answer.complete(new Answer.Acknowledged(response));
                    }

                    @Override
                    public void onError(Throwable failure) {
                        answer.complete(failed((StatusRuntimeException) failure));
                    }

                    @Override
                    public void onCompleted() {
                        // The answer came before.
                    }
                });
        return answer;
    }

    Answer call(ExecuteRequest request) {
        return begin(request).join();
    }

    private static Answer failed(StatusRuntimeException failure) {
        Status status = StatusProto.fromThrowable(failure);
        try {
            for (Any detail : status == null ? List.<Any>of() : status.getDetailsList()) {
                if (detail.is(ErrorInfo.class)) {
                    ErrorInfo info = detail.unpack(ErrorInfo.class);
                    return new Answer.Failed(
                            info.getReason(),
                            UUID.fromString(info.getMetadataOrDefault("execution_id", NONE.toString())));
                }
            }
        } catch (InvalidProtocolBufferException e) {
            throw new CompletionException(e);
        }
        return new Answer.Failed(failure.getStatus().getCode().name(), NONE);
    }

    /** An export of the account's executions. */
    Iterator<ExportUsageResponse> export(ExportUsageRequest request) {
        return UsageServiceGrpc.newBlockingStub(channel)
                .withInterceptors(authorization)
                .exportUsage(request);
    }

    Caller awaitReady() {
        await().atMost(BillingStack.PATIENCE).until(() -> get("/health/ready").statusCode() == 200);
        return this;
    }

    /** The value of a metric, with its labels where it has some; 0 while it is not there. */
    double metric(String name) {
        return get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .sum();
    }

    private HttpResponse<String> get(String path) {
        try {
            return HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(admin.resolve(path))
                                    .timeout(Duration.ofSeconds(10))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}

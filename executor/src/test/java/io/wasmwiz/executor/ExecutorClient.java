package io.wasmwiz.executor;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import io.wasmwiz.v1.AdminServiceGrpc;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;

/** A client of an executor on this machine. */
class ExecutorClient implements AutoCloseable {
    private final ManagedChannel channel;
    private final int adminPort;

    ExecutorClient(int grpcPort, int adminPort) {
        this.channel = NettyChannelBuilder.forAddress("127.0.0.1", grpcPort)
                .usePlaintext()
                .build();
        this.adminPort = adminPort;
    }

    final ManagedChannel channel() {
        return channel;
    }

    final ExecutionServiceGrpc.ExecutionServiceBlockingStub execution(String key) {
        return with(ExecutionServiceGrpc.newBlockingStub(channel), key);
    }

    final ModuleServiceGrpc.ModuleServiceBlockingStub modules(String key) {
        return with(ModuleServiceGrpc.newBlockingStub(channel), key);
    }

    final UsageServiceGrpc.UsageServiceBlockingStub usage(String key) {
        return with(UsageServiceGrpc.newBlockingStub(channel), key);
    }

    final AdminServiceGrpc.AdminServiceBlockingStub administration(String key) {
        return with(AdminServiceGrpc.newBlockingStub(channel), key);
    }

    /** Sends {@code request} and does not wait. */
    final CompletableFuture<ExecuteResponse> begin(String key, ExecuteRequest request) {
        CompletableFuture<ExecuteResponse> reply = new CompletableFuture<>();
        with(ExecutionServiceGrpc.newStub(channel), key).execute(request, new Reply<>(reply));
        return reply;
    }

    static <S extends AbstractStub<S>> S with(S stub, String key) {
        return withHeader(stub, "authorization", "Bearer " + key);
    }

    static <S extends AbstractStub<S>> S withHeader(S stub, String name, String value) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
        return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    final HttpResponse<String> admin(String path) {
        URI uri = URI.create("http://127.0.0.1:" + adminPort + path);
        try {
            return HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    final boolean isReady() {
        return admin("/health/ready").statusCode() == 200;
    }

    /** A metric without tags. */
    final double metric(String name) {
        return admin("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + name));
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}

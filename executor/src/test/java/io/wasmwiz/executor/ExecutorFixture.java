package io.wasmwiz.executor;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import io.wasmwiz.executor.auth.ApiKey;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A whole executor in this JVM and a client of it. */
final class ExecutorFixture implements AutoCloseable {
    private final ExecutorServer server;
    private final ManagedChannel channel;

    private ExecutorFixture(ExecutorServer server) {
        this.server = server;
        this.channel = NettyChannelBuilder.forAddress("127.0.0.1", server.grpcPort())
                .usePlaintext()
                .build();
    }

    /** Starts on free ports, as the executor's own role where {@code databaseUrl} says so. */
    static ExecutorFixture start(String databaseUrl, String bootstrapServers, String topic, String... moreFlags) {
        List<String> flags = new ArrayList<>(List.of(
                "--grpc-host=127.0.0.1",
                "--grpc-port=0",
                "--admin-host=127.0.0.1",
                "--admin-port=0",
                "--sandbox-workers=2",
                "--kafka-topic=" + topic));
        flags.addAll(List.of(moreFlags));
        if (flags.stream().noneMatch(flag -> flag.startsWith("--drain-timeout"))) {
            flags.add("--drain-timeout=5s");
        }
        Map<String, String> environment =
                Map.of("DATABASE_URL", databaseUrl, "WASMWIZ_KAFKA_BOOTSTRAP_SERVERS", bootstrapServers);
        return new ExecutorFixture(
                ExecutorServer.start(ExecutorCommand.parse(environment, flags.toArray(String[]::new))));
    }

    /** A tenant with one key. */
    record Tenant(UUID accountId, UUID keyId, String key) {
        static Tenant create(TestDatabase database, String tier) {
            UUID account = database.insertAccount("account-" + UUID.randomUUID(), tier);
            ApiKey key = ApiKey.generate(new SecureRandom());
            return new Tenant(account, database.insertKey(account, key.hash().sha256()), key.text());
        }
    }

    ExecutorServer server() {
        return server;
    }

    ManagedChannel channel() {
        return channel;
    }

    ExecutionServiceGrpc.ExecutionServiceBlockingStub execution(String key) {
        return with(ExecutionServiceGrpc.newBlockingStub(channel), key);
    }

    ModuleServiceGrpc.ModuleServiceBlockingStub modules(String key) {
        return with(ModuleServiceGrpc.newBlockingStub(channel), key);
    }

    UsageServiceGrpc.UsageServiceBlockingStub usage(String key) {
        return with(UsageServiceGrpc.newBlockingStub(channel), key);
    }

    static <S extends AbstractStub<S>> S with(S stub, String key) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key);
        return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    HttpResponse<String> admin(String path) {
        URI uri = URI.create("http://127.0.0.1:" + server.adminPort() + path);
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

    boolean isReady() {
        return admin("/health/ready").statusCode() == 200;
    }

    /** Ends the client, then the server. */
    @Override
    public void close() {
        channel.shutdownNow();
        server.close();
    }
}

package io.wasmwiz.cli.fake;

import com.sun.net.httpserver.HttpServer;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * The four services, health and an admin port on loopback ports of their own. Takes the keys {@link #FREE_KEY} and
 * {@link #PRO_KEY}.
 */
public final class FakeServer implements AutoCloseable {
    public static final String FREE_KEY = "ww_freefreefreefreefreefreefreefreefree";
    public static final String PRO_KEY = "ww_proproproproproproproproproproproprop";

    private final FakeModules modules = new FakeModules();
    private final FakeExecutions executions = new FakeExecutions(modules);
    private final FakeUsage usage = new FakeUsage(executions);
    private final FakeAdmin administration = new FakeAdmin();
    private final HealthStatusManager health = new HealthStatusManager();
    private final Server grpc;
    private final HttpServer admin;
    private final String address;
    private volatile int adminStatus = 200;
    private volatile String adminBody = "";

    private FakeServer() throws IOException {
        InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        grpc = NettyServerBuilder.forAddress(loopback)
                .directExecutor()
                .intercept(new FakeAuthentication(Map.of(FREE_KEY, "Free", PRO_KEY, "Pro")))
                .addService(executions)
                .addService(modules)
                .addService(usage)
                .addService(administration)
                .addService(health.getHealthService())
                .build()
                .start();
        address = "127.0.0.1:" + grpc.getPort();
        admin = HttpServer.create(loopback, 0);
        admin.createContext("/health/ready", exchange -> {
            try (exchange) {
                byte[] body = adminBody.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(adminStatus, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        admin.start();
        for (String service : List.of(
                ExecutionServiceGrpc.SERVICE_NAME, ModuleServiceGrpc.SERVICE_NAME, UsageServiceGrpc.SERVICE_NAME)) {
            health.setStatus(service, ServingStatus.SERVING);
        }
    }

    public static FakeServer start() throws IOException {
        return new FakeServer();
    }

    public FakeModules modules() {
        return modules;
    }

    public FakeExecutions executions() {
        return executions;
    }

    public FakeUsage usage() {
        return usage;
    }

    public FakeAdmin admin() {
        return administration;
    }

    public void setHealth(String service, ServingStatus status) {
        health.setStatus(service, status);
    }

    public void setAdmin(int status, String body) {
        adminStatus = status;
        adminBody = body;
    }

    /** {@code host:port} of the gRPC port, also after it was closed. */
    public String address() {
        return address;
    }

    /** {@code host:port} of the admin port. */
    public String adminAddress() {
        return "127.0.0.1:" + admin.getAddress().getPort();
    }

    @Override
    public void close() {
        grpc.shutdownNow();
        admin.stop(0);
    }
}

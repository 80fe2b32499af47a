package io.wasmwiz.executor.grpc;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.grpc.MetricCollectingServerInterceptor;
import io.wasmwiz.executor.admin.DenialLog;
import io.wasmwiz.executor.admission.QuotaFigures;
import io.wasmwiz.executor.auth.Authenticator;
import io.wasmwiz.executor.execution.RequestLimits;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The public port. Handlers run on Netty's threads and never block, so there is no pool between them. Thread-safe; its
 * opener closes it.
 */
public final class GrpcServer implements AutoCloseable {
    /** What a request may have beside module and input: arguments, environment and the message's own frame. */
    private static final int ENVELOPE_BYTES = 64 * 1024;

    private static final int MAX_METADATA_BYTES = 16 * 1024;
    private static final Duration KEEP_ALIVE = Duration.ofMinutes(2);
    private static final Duration FORCED_STOP = Duration.ofSeconds(5);

    private final Server server;

    private GrpcServer(Server server) {
        this.server = server;
    }

    /**
     * Starts serving {@code services}, all of which need a key, and health, which does not.
     *
     * @param denials where denied calls of the admin service go; empty where it is not among the services
     */
    public static GrpcServer start(
            GrpcConfig config,
            RequestLimits limits,
            Authenticator authenticator,
            ServiceHealth health,
            QuotaFigures quotas,
            DenialTokens denialTokens,
            MeterRegistry metrics,
            Optional<DenialLog> denials,
            List<BindableService> services)
            throws IOException {
        CallSlots slots = new CallSlots(config.maxCalls(), config.accountCallSurplus());
        Gauge.builder("wasmwiz.calls.in.progress", slots, CallSlots::inProgress)
                .description("Calls past authentication and not ended")
                .register(metrics);
        // In the order in which a call meets them. The counter is outermost so that it sees the code that is sent.
        ServerInterceptor[] chain = {
            new MetricCollectingServerInterceptor(metrics),
            new ErrorInterceptor(UUID::randomUUID),
            new AuditInterceptor(denials),
            new AuthInterceptor(authenticator, config.maxHeldCalls()),
            new DenialInterceptor(denialTokens),
            new RateLimitInterceptor(quotas),
            new CallSlotInterceptor(slots)
        };
        NettyServerBuilder builder = NettyServerBuilder.forAddress(new InetSocketAddress(config.host(), config.port()))
                .directExecutor()
                .maxInboundMessageSize(maxMessageBytes(limits))
                .maxInboundMetadataSize(MAX_METADATA_BYTES)
                .maxConcurrentCallsPerConnection(config.maxCallsPerConnection())
                .permitKeepAliveTime(config.minKeepAlive().toMillis(), TimeUnit.MILLISECONDS)
                .permitKeepAliveWithoutCalls(true)
                .keepAliveTime(KEEP_ALIVE.toSeconds(), TimeUnit.SECONDS);
        if (!config.maxConnectionAge().isZero()) {
            builder.maxConnectionAge(config.maxConnectionAge().toMillis(), TimeUnit.MILLISECONDS);
        }
        services.forEach(service -> builder.addService(ServerInterceptors.interceptForward(service, chain)));
        builder.addService(health.service());
        if (config.reflection()) {
            builder.addService(ProtoReflectionServiceV1.newInstance());
        }
        return new GrpcServer(builder.build().start());
    }

    /** The largest request that is read; gRPC itself refuses more with RESOURCE_EXHAUSTED. */
    static int maxMessageBytes(RequestLimits limits) {
        return Math.max(limits.maxModuleBytes() + limits.maxInputBytes(), ModuleUpload.MAX_CHUNK_BYTES)
                + ENVELOPE_BYTES;
    }

    /** The port it listens on. */
    public int port() {
        return server.getPort();
    }

    /** Waits until it was closed. */
    public void awaitTermination() throws InterruptedException {
        server.awaitTermination();
    }

    /** Takes no new calls and waits for those in progress, at most {@code timeout}; then cancels the rest. */
    public void drain(Duration timeout) {
        server.shutdown();
        try {
            if (!server.awaitTermination(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                server.shutdownNow();
                server.awaitTermination(FORCED_STOP.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            server.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    /** Cancels what is in progress. */
    @Override
    public void close() {
        drain(Duration.ZERO);
    }
}

package io.wasmwiz.cli.connect;

import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.wasmwiz.client.ExecutorListProvider;
import io.wasmwiz.client.ServiceConfig;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A channel to one server or several that sends the key with every call. Thread-safe; its opener closes it. */
public final class ServerConnection implements AutoCloseable {
    /** Replies hold at most the server's output limits, of which this is a multiple. */
    private static final int LARGEST_REPLY_BYTES = 64 << 20;

    /** Between pings while a call is in progress: connections are lost without a word. Servers allow 10 s. */
    private static final Duration PING = Duration.ofSeconds(20);

    /** For a ping's answer; then the calls of the connection end with UNAVAILABLE. */
    private static final Duration PING_ANSWER = Duration.ofSeconds(20);

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private static final long CLOSE_SECONDS = 2;

    private final ManagedChannel channel;
    private final EventLoopGroup network;

    private ServerConnection(ManagedChannel channel, EventLoopGroup network) {
        this.channel = channel;
        this.network = network;
    }

    /** Prepares a channel; connecting happens with the first call. Callbacks run on its one network thread. */
    public static ServerConnection open(Target target) {
        return open(target, PING, PING_ANSWER);
    }

    static ServerConnection open(Target target, Duration ping, Duration pingAnswer) {
        return open(
                target,
                ping,
                pingAnswer,
                target.endpoints().size() == 1
                        ? toOne(target.endpoint())
                        : toAll(target.endpoints(), ServiceConfig.standard()));
    }

    /** As {@link #open}, for callers that set a request id in every Execute: those are repeated, too. */
    public static ServerConnection openForRequestIds(Target target) {
        return open(target, PING, PING_ANSWER, toAll(target.endpoints(), ServiceConfig.forRequestIds()));
    }

    private static ServerConnection open(
            Target target, Duration ping, Duration pingAnswer, NettyChannelBuilder builder) {
        Endpoint endpoint = target.endpoint();
        if (!endpoint.tls()) {
            builder.usePlaintext();
        }
        EventLoopGroup network = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("wasmwiz-network", true), NioIoHandler.newFactory());
        builder.eventLoopGroup(network)
                .channelType(NioSocketChannel.class)
                .directExecutor()
                .disableServiceConfigLookUp()
                .keepAliveTime(ping.toMillis(), TimeUnit.MILLISECONDS)
                .keepAliveTimeout(pingAnswer.toMillis(), TimeUnit.MILLISECONDS)
                .maxInboundMessageSize(LARGEST_REPLY_BYTES)
                .userAgent("wasmwiz-cli");
        ApiKey key = target.key();
        if (key != null) {
            builder.intercept(authorization(key));
        }
        return new ServerConnection(builder.build(), network);
    }

    private static NettyChannelBuilder toOne(Endpoint endpoint) {
        // A loopback address needs no resolver, which saves start-up time.
        NettyChannelBuilder builder = endpoint.isLoopback()
                ? NettyChannelBuilder.forAddress(new InetSocketAddress(endpoint.host(), endpoint.port()))
                : NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port());
        return builder.disableRetry();
    }

    /** Spreads calls, and repeats those that may be. */
    private static NettyChannelBuilder toAll(List<Endpoint> endpoints, Map<String, ?> serviceConfig) {
        List<String> addresses = endpoints.stream()
                .map(endpoint -> new Endpoint(endpoint.host(), endpoint.port(), false).toString())
                .toList();
        return NettyChannelBuilder.forTarget(ExecutorListProvider.target(addresses))
                .defaultServiceConfig(serviceConfig)
                .enableRetry();
    }

    private static ClientInterceptor authorization(ApiKey key) {
        Metadata headers = new Metadata();
        headers.put(AUTHORIZATION, key.authorization());
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    /** A stub whose calls end within {@code deadline} from now, for example {@code stub(XGrpc::newBlockingStub, …)}. */
    public <S extends AbstractStub<S>> S stub(Function<ManagedChannel, S> constructor, Duration deadline) {
        return constructor.apply(channel).withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** A stub without a deadline, for callers that set one per call. */
    public <S extends AbstractStub<S>> S stub(Function<ManagedChannel, S> constructor) {
        return constructor.apply(channel);
    }

    /**
     * Ends what is in progress and the network thread. A JVM that exits while a thread waits in the kernel waits 0.3 s for
     * it, which would be the longest part of a short command.
     */
    @Override
    public void close() {
        channel.shutdownNow();
        boolean interrupted = false;
        try {
            channel.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        network.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.wasmwiz.cli.connect;

import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A channel to one server that sends the key with every call. Thread-safe; its opener closes it. */
public final class ServerConnection implements AutoCloseable {
    /** Replies hold at most the server's output limits, of which this is a multiple. */
    private static final int LARGEST_REPLY_BYTES = 64 << 20;

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final ManagedChannel channel;

    private ServerConnection(ManagedChannel channel) {
        this.channel = channel;
    }

    /** Prepares a channel; connecting happens with the first call. Callbacks run on its one network thread. */
    public static ServerConnection open(Target target) {
        Endpoint endpoint = target.endpoint();
        // A loopback address needs no resolver, which saves start-up time.
        NettyChannelBuilder builder = endpoint.isLoopback()
                ? NettyChannelBuilder.forAddress(new InetSocketAddress(endpoint.host(), endpoint.port()))
                : NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port());
        if (!endpoint.tls()) {
            builder.usePlaintext();
        }
        builder.directExecutor()
                .disableRetry()
                .disableServiceConfigLookUp()
                .maxInboundMessageSize(LARGEST_REPLY_BYTES)
                .userAgent("wasmwiz-cli");
        ApiKey key = target.key();
        if (key != null) {
            builder.intercept(authorization(key));
        }
        return new ServerConnection(builder.build());
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

    @Override
    public void close() {
        channel.shutdownNow();
    }
}

package io.wasmwiz.client;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.StatusOr;
import java.net.InetSocketAddress;
import java.util.List;

/** A list of executors that never changes. */
final class ExecutorList extends NameResolver {
    private final List<InetSocketAddress> addresses;

    ExecutorList(List<InetSocketAddress> addresses) {
        this.addresses = List.copyOf(addresses);
    }

    @Override
    public String getServiceAuthority() {
        InetSocketAddress first = addresses.get(0);
        String host = first.getHostString();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + first.getPort();
    }

    @Override
    public void start(Listener2 listener) {
        // Resolved here: gRPC's transport takes an unresolved address for one that a proxy is to resolve.
        listener.onResult(ResolutionResult.newBuilder()
                .setAddressesOrError(StatusOr.fromValue(addresses.stream()
                        .map(address -> new EquivalentAddressGroup(
                                new InetSocketAddress(address.getHostString(), address.getPort())))
                        .toList()))
                .build());
    }

    @Override
    public void shutdown() {}
}

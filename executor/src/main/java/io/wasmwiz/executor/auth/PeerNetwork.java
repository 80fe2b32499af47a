package io.wasmwiz.executor.auth;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where a call comes from, as far as one client can be told from another: an IPv4 address, or the /64 of an IPv6 address,
 * whose lower half a client may choose freely.
 *
 * @param version 4, 6, or 0 for every peer without an address
 * @param bits the address or its upper half
 */
public record PeerNetwork(int version, long bits) {
    private static final PeerNetwork NONE = new PeerNetwork(0, 0);

    /** That of a transport's remote end. */
    public static PeerNetwork of(@Nullable SocketAddress remote) {
        InetAddress address = remote instanceof InetSocketAddress inet ? inet.getAddress() : null;
        if (address == null) {
            return NONE;
        }
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet6Address
                ? new PeerNetwork(6, bytes.getLong())
                : new PeerNetwork(4, Integer.toUnsignedLong(bytes.getInt()));
    }
}

package io.wasmwiz.cli.connect;

import io.wasmwiz.cli.text.Printable;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.List;

/**
 * Where a server listens.
 *
 * @param host name or address, without brackets
 * @param port 1 to 65535
 * @param tls whether to use TLS, with the JVM's trusted certificates
 */
public record Endpoint(String host, int port, boolean tls) {
    private static final int TLS_PORT = 443;
    private static final int LIST_AT_MOST = 64;

    /**
     * Parses {@code host:port} and {@code http://host:port} (plain text), {@code https://host[:port]}.
     *
     * @throws IllegalArgumentException that says what is allowed
     */
    public static Endpoint parse(String text) {
        boolean tls = text.startsWith("https://");
        String authority = text.replaceFirst("^https?://", "").replaceFirst("/$", "");
        try {
            URI uri = new URI("grpc://" + authority).parseServerAuthority();
            int port = uri.getPort() < 0 && tls ? TLS_PORT : uri.getPort();
            if (uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getRawPath().isEmpty()
                    && port >= 1
                    && port <= 65_535) {
                return new Endpoint(uri.getHost().replaceAll("^\\[|]$", ""), port, tls);
            }
        } catch (URISyntaxException e) {
            // Answered below, like everything else that is not an endpoint.
        }
        throw new IllegalArgumentException(
                "'%s' is not a server: host:port is expected, or https://host[:port]".formatted(Printable.line(text)));
    }

    /**
     * Parses several of them, separated by commas; 64 at most, all with TLS or all without.
     *
     * @throws IllegalArgumentException that says what is allowed
     */
    public static List<Endpoint> parseList(String text) {
        List<Endpoint> endpoints =
                Arrays.stream(text.split(",", -1)).map(Endpoint::parse).toList();
        if (endpoints.size() > LIST_AT_MOST) {
            throw new IllegalArgumentException(
                    "%d servers were given and %d are allowed".formatted(endpoints.size(), LIST_AT_MOST));
        }
        if (endpoints.stream().map(Endpoint::tls).distinct().count() > 1) {
            throw new IllegalArgumentException("of several servers either all are https:// or none is");
        }
        return endpoints;
    }

    /** Whether it is this machine by name or number, so that no name needs to be looked up. */
    boolean isLoopback() {
        return host.equals("localhost") || host.equals("127.0.0.1") || host.equals("::1");
    }

    /** Whether both are the same port of the same machine, as far as their texts tell. */
    boolean isSameAs(Endpoint other) {
        return port == other.port
                && tls == other.tls
                && (host.equalsIgnoreCase(other.host) || (isLoopback() && other.isLoopback()));
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return (tls ? "https://" : "") + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}

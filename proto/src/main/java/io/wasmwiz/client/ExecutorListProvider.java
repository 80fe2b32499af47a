package io.wasmwiz.client;

import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Resolves {@code wasmwiz:///host:port,host:port,…}, 1 to 64 addresses, for clients that know their executors by a list.
 * gRPC finds this class by itself where it is on the class path. Names are looked up once, when the
 * channel starts. Thread-safe.
 */
public final class ExecutorListProvider extends NameResolverProvider {
    /** The scheme of such targets. */
    public static final String SCHEME = "wasmwiz";

    private static final int ADDRESSES_AT_MOST = 64;
    private static final Pattern ADDRESS = Pattern.compile("(\\[[0-9A-Fa-f:.]+]|[^\\[\\]:,/]+):(\\d{1,5})");

    /** The target of some executors, each {@code host:port}. */
    public static String target(Collection<String> addresses) {
        return SCHEME + ":///" + String.join(",", addresses);
    }

    @Override
    public @Nullable NameResolver newNameResolver(URI target, NameResolver.Args args) {
        if (!SCHEME.equals(target.getScheme())) {
            return null;
        }
        return new ExecutorList(parse(String.valueOf(target.getPath()).replaceFirst("^/", "")));
    }

    /**
     * The addresses of a list.
     *
     * @throws IllegalArgumentException that says what is allowed
     */
    static List<InetSocketAddress> parse(String list) {
        String[] parts = list.split(",", -1);
        if (parts.length > ADDRESSES_AT_MOST) {
            throw new IllegalArgumentException(
                    "%d addresses were given and %d are allowed".formatted(parts.length, ADDRESSES_AT_MOST));
        }
        return Arrays.stream(parts).map(ExecutorListProvider::address).toList();
    }

    private static InetSocketAddress address(String text) {
        Matcher matcher = ADDRESS.matcher(text);
        if (matcher.matches()) {
            int port = Integer.parseInt(matcher.group(2));
            if (port >= 1 && port <= 65_535) {
                return InetSocketAddress.createUnresolved(matcher.group(1).replaceAll("[\\[\\]]", ""), port);
            }
        }
        throw new IllegalArgumentException(
                "'%s' is not an address: host:port is expected, several separated by commas".formatted(text));
    }

    @Override
    public String getDefaultScheme() {
        return SCHEME;
    }

    @Override
    protected boolean isAvailable() {
        return true;
    }

    /** Below that of DNS, so that plain names stay DNS names. */
    @Override
    protected int priority() {
        return 3;
    }

    @Override
    public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
        return Set.of(InetSocketAddress.class);
    }
}

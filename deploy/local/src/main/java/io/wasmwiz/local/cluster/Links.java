package io.wasmwiz.local.cluster;

import io.wasmwiz.embedded.FreePort;
import io.wasmwiz.embedded.proxy.FaultyProxy;
import io.wasmwiz.embedded.proxy.NetworkFaults;
import io.wasmwiz.service.Closer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A proxy in front of each executor (for clients), of each broker and of PostgreSQL (for services), so that links can go
 * wrong; or none at all. Brokers and the controller reach each other without. Thread-safe; its opener closes it.
 */
public final class Links implements AutoCloseable {
    private static final String PREFIX = "link-";
    private static final List<Role> LINKED = List.of(Role.POSTGRESQL, Role.BROKER, Role.EXECUTOR);

    private record Link(FaultyProxy proxy, int behind) {}

    private final Map<String, Link> links;
    private final Closer closer;

    private Links(Map<String, Link> links, Closer closer) {
        this.links = new LinkedHashMap<>(links);
        this.closer = closer;
    }

    /** No proxies. */
    static Links direct() {
        return new Links(Map.of(), new Closer());
    }

    /** Proxies for a cluster of {@code size}. Those of brokers carry from the start, the others from {@link #connect} on. */
    static Links open(ClusterSize size) {
        Closer closer = new Closer();
        Map<String, Link> links = new LinkedHashMap<>();
        for (Role role : LINKED) {
            for (int number = 1; number <= size.count(role); number++) {
                FaultyProxy proxy = closer.add(FaultyProxy.start());
                int behind = role == Role.BROKER ? FreePort.find() : 0;
                proxy.forwardTo(behind);
                links.put(name(role, number), new Link(proxy, behind));
            }
        }
        return new Links(links, closer);
    }

    /** The name of the link to a process, for example {@code link-broker-2}. */
    public static String name(Role role, int number) {
        return PREFIX + (role == Role.POSTGRESQL ? role.text() : role.text() + "-" + number);
    }

    /** Whether {@code name} is one of a link. */
    public static boolean isName(String name) {
        return name.startsWith(PREFIX);
    }

    /** Whether there are links to processes of {@code role}. */
    public static boolean exists(Role role) {
        return LINKED.contains(role);
    }

    synchronized void connect(Role role, int number, int port) {
        Link link = links.get(name(role, number));
        if (link != null) {
            link.proxy().forwardTo(port);
            links.put(name(role, number), new Link(link.proxy(), port));
        }
    }

    /** Where to reach a process: the proxy's port, or {@code direct} where there is none. */
    synchronized int port(Role role, int number, int direct) {
        Link link = links.get(name(role, number));
        return link == null ? direct : link.proxy().port();
    }

    /** The port that the proxy in front of a process connects to; 0 where there is none. */
    synchronized int behind(Role role, int number) {
        Link link = links.get(name(role, number));
        return link == null ? 0 : link.behind();
    }

    private synchronized Link require(String name) {
        Link link = links.get(name);
        if (link == null) {
            throw new IllegalStateException("no link " + name);
        }
        return link;
    }

    /** Ends the link's connections and takes no new ones, until {@link #restore}. */
    public void cut(String name) {
        FaultyProxy proxy = require(name).proxy();
        proxy.forwardTo(0);
        proxy.cutAll();
    }

    /** What servers send meets {@code faults}, until {@link #restore}. */
    public void disturb(String name, NetworkFaults faults) {
        require(name).proxy().faults(faults);
    }

    /** Carries everything again; what was silenced is ended, as it can never go on. */
    public void restore(String name) {
        Link link = require(name);
        link.proxy().faults(NetworkFaults.none());
        link.proxy().forwardTo(link.behind());
        link.proxy().cutAll();
    }

    @Override
    public void close() {
        closer.close();
    }
}

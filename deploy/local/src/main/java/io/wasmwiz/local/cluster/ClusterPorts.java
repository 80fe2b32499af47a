package io.wasmwiz.local.cluster;

import io.wasmwiz.embedded.FreePort;
import io.wasmwiz.service.config.Problems;
import java.util.HashMap;
import java.util.Map;

/** Where the processes of a cluster listen, on 127.0.0.1. The same port for the same process as long as it lives. */
public final class ClusterPorts {
    /** Executors and workers have ten ports between them: 8081, 8091, … */
    private static final int SPACING = 10;

    private static final int LARGEST_OFFSET = 50_000;
    private static final int FREE = -1;

    private final int offset;
    private final Map<String, Integer> free = new HashMap<>();

    private ClusterPorts(int offset) {
        this.offset = offset;
    }

    /**
     * The documented ports, each {@code offset} higher: gRPC 8081, 8091, …; executors' admin 8082, 8092, …; metering's
     * admin 8083, 8093, …; PostgreSQL 7432; Kafka brokers 7092, 7093, …; its controller 7192.
     *
     * @param offset 0 to 50,000, so that two clusters can run beside each other
     */
    public static ClusterPorts standard(int offset) {
        Problems problems = new Problems();
        problems.requireRange("--port-offset", offset, 0, LARGEST_OFFSET);
        problems.check();
        return new ClusterPorts(offset);
    }

    /** Free ones, found when they are first asked for. */
    public static ClusterPorts free() {
        return new ClusterPorts(FREE);
    }

    /** The port that serves: SQL, Kafka's protocol, or gRPC; that of metering is its admin port. */
    synchronized int serving(Role role, int number) {
        return switch (role) {
            case POSTGRESQL -> port("postgresql", 7_432);
            case CONTROLLER -> port("controller", 7_192);
            case BROKER -> port("broker-" + number, 7_091 + number);
            case EXECUTOR -> port("executor-" + number, 8_081 + SPACING * (number - 1));
            case METERING -> admin(role, number);
        };
    }

    /** The admin port of an executor or worker. */
    synchronized int admin(Role role, int number) {
        int first = role == Role.EXECUTOR ? 8_082 : 8_083;
        return port(role.text() + "-admin-" + number, first + SPACING * (number - 1));
    }

    private int port(String name, int standard) {
        return offset == FREE ? free.computeIfAbsent(name, key -> FreePort.find()) : standard + offset;
    }
}

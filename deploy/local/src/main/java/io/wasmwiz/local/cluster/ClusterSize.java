package io.wasmwiz.local.cluster;

import io.wasmwiz.service.config.Problems;

/**
 * How many processes of each kind a cluster has and how much memory each may take.
 *
 * @param brokers Kafka brokers, 1 to 9; from three on each record has three copies, two of which must be there
 * @param executors 1 to 16
 * @param metering workers, 1 to 16
 * @param brokerHeapMib Java heap of a broker, and at most of the controller, 64 to 65,536
 * @param executorHeapMib Java heap of an executor, without its sandbox processes, 64 to 65,536
 * @param meteringHeapMib Java heap of a worker, 64 to 65,536
 */
public record ClusterSize(
        int brokers, int executors, int metering, int brokerHeapMib, int executorHeapMib, int meteringHeapMib) {
    public ClusterSize {
        Problems problems = new Problems();
        problems.requireRange("--brokers", brokers, 1, 9);
        problems.requireRange("--executors", executors, 1, 16);
        problems.requireRange("--metering", metering, 1, 16);
        problems.requireRange("--broker-heap-mib", brokerHeapMib, 64, 65_536);
        problems.requireRange("--executor-heap-mib", executorHeapMib, 64, 65_536);
        problems.requireRange("--metering-heap-mib", meteringHeapMib, 64, 65_536);
        problems.check();
    }

    /** How many processes there are of {@code role}. */
    public int count(Role role) {
        return switch (role) {
            case POSTGRESQL, CONTROLLER -> 1;
            case BROKER -> brokers;
            case EXECUTOR -> executors;
            case METERING -> metering;
        };
    }

    /** Java heap of a process of {@code role}, in MiB. */
    public int heapMib(Role role) {
        return switch (role) {
            case POSTGRESQL -> 0;
            case CONTROLLER -> Math.min(128, brokerHeapMib);
            case BROKER -> brokerHeapMib;
            case EXECUTOR -> executorHeapMib;
            case METERING -> meteringHeapMib;
        };
    }
}

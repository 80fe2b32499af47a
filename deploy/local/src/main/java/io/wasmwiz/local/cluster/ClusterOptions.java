package io.wasmwiz.local.cluster;

import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags that ask for a cluster; a picocli mixin. */
public final class ClusterOptions {
    @Option(names = "--brokers", paramLabel = "N", description = "Kafka brokers, 1 to 9. Default: 3.")
    private @Nullable Integer brokers;

    @Option(names = "--executors", paramLabel = "N", description = "Executors, 1 to 16. Default: 3.")
    private @Nullable Integer executors;

    @Option(names = "--metering", paramLabel = "N", description = "Metering workers, 1 to 16. Default: 2.")
    private @Nullable Integer metering;

    @Option(
            names = "--broker-heap-mib",
            paramLabel = "MIB",
            defaultValue = "320",
            description = "Java heap of a broker. Default: ${DEFAULT-VALUE}.")
    private int brokerHeapMib;

    @Option(
            names = "--executor-heap-mib",
            paramLabel = "MIB",
            defaultValue = "512",
            description = "Java heap of an executor, its sandbox processes apart. Default: ${DEFAULT-VALUE}.")
    private int executorHeapMib;

    @Option(
            names = "--metering-heap-mib",
            paramLabel = "MIB",
            defaultValue = "256",
            description = "Java heap of a worker. Default: ${DEFAULT-VALUE}.")
    private int meteringHeapMib;

    /** Whether any of the counts was given: then a cluster is wanted. */
    public boolean isGiven() {
        return Stream.of(brokers, executors, metering).anyMatch(java.util.Objects::nonNull);
    }

    /** The size asked for; throws {@link io.wasmwiz.service.config.ConfigException} when it is out of bounds. */
    public ClusterSize size() {
        return new ClusterSize(
                brokers == null ? 3 : brokers,
                executors == null ? 3 : executors,
                metering == null ? 2 : metering,
                brokerHeapMib,
                executorHeapMib,
                meteringHeapMib);
    }
}

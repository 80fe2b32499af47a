package io.wasmwiz.executor.events;

import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.service.config.Problems;
import java.time.Duration;
import java.util.Map;
import java.util.TreeSet;

/**
 * How executions reach the log.
 *
 * @param bootstrapServers {@code --kafka-bootstrap-servers}: brokers to start from, {@code host:port,…}
 * @param topic {@code --kafka-topic}: must exist; default {@link ExecutionLog#TOPIC}
 * @param executorId {@code --executor-id}: names this executor in events, 1 to 128 letters, digits, dots, dashes and
 *     underscores
 * @param deliveryTimeout {@code --event-delivery-timeout}: how long a record may be in flight before its outcome is
 *     unknown, 1 s to 2 min, default 10 s
 * @param stallBound {@code --event-stall-bound}: age of the oldest record in flight from which no run may start, 100 ms to
 *     60 s, default 1 s
 * @param maxInFlight {@code --event-max-in-flight}: records without an answer at most, 1 to 1,000,000, default 50,000;
 *     more are refused
 * @param bufferBytes {@code --event-buffer-bytes}: memory for records not yet sent, 1 MiB to 1 GiB, default 32 MiB; each
 *     partition in use takes 64 KiB of it, or twice that; what does not fit is refused
 * @param clientProperties {@code --kafka-property KEY=VALUE}: Kafka client settings for TLS and SASL, at most 64, whose keys
 *     start with {@code ssl.}, {@code sasl.} or are {@code security.protocol}; may hold secrets
 */
public record EventsConfig(
        String bootstrapServers,
        String topic,
        String executorId,
        Duration deliveryTimeout,
        Duration stallBound,
        int maxInFlight,
        long bufferBytes,
        Map<String, String> clientProperties) {
    private static final String EXECUTOR_ID = "[A-Za-z0-9._-]{1,128}";

    public EventsConfig {
        clientProperties = Map.copyOf(clientProperties);
    }

    /** The defaults above. */
    public static EventsConfig defaults(String bootstrapServers, String executorId) {
        return new EventsConfig(
                bootstrapServers,
                ExecutionLog.TOPIC,
                executorId,
                Duration.ofSeconds(10),
                Duration.ofSeconds(1),
                50_000,
                32L << 20,
                Map.of());
    }

    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.require(
                bootstrapServers.matches("[^,\\s]+:\\d{1,5}(,[^,\\s]+:\\d{1,5})*"),
                "--kafka-bootstrap-servers must be host:port, several separated by commas, was '%s'",
                bootstrapServers);
        // https://kafka.apache.org/documentation/ : legal characters and length of a topic's name.
        problems.require(
                topic.matches("[A-Za-z0-9._-]{1,249}"),
                "--kafka-topic must be 1 to 249 letters, digits, dots, dashes and underscores, was '%s'",
                topic);
        problems.require(
                executorId.matches(EXECUTOR_ID),
                "--executor-id must be 1 to 128 letters, digits, dots, dashes and underscores, was '%s'",
                executorId);
        problems.requireRange("--event-delivery-timeout in ms", deliveryTimeout.toMillis(), 1_000, 120_000);
        problems.requireRange("--event-stall-bound in ms", stallBound.toMillis(), 100, 60_000);
        problems.requireRange("--event-max-in-flight", maxInFlight, 1, 1_000_000);
        problems.requireRange("--event-buffer-bytes", bufferBytes, 1L << 20, 1L << 30);
        problems.requireRange("settings given by --kafka-property", clientProperties.size(), 0, 64);
        for (String key : new TreeSet<>(clientProperties.keySet())) {
            problems.require(
                    key.startsWith("ssl.") || key.startsWith("sasl.") || key.equals("security.protocol"),
                    "--kafka-property may set ssl.*, sasl.* and security.protocol, not '%s'",
                    key);
        }
    }

    /** Without the client properties, which may hold secrets. */
    @Override
    public String toString() {
        return "EventsConfig[bootstrapServers=%s, topic=%s, executorId=%s, deliveryTimeout=%s, stallBound=%s]"
                .formatted(bootstrapServers, topic, executorId, deliveryTimeout, stallBound);
    }
}

package io.wasmwiz.metering.consume;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Where the log is and how it is read.
 *
 * @param bootstrapServers {@code host:port}, comma-separated
 * @param topic name of the log
 * @param group consumer group
 * @param maxBatchRecords records in one transaction, 1 to 100,000
 * @param retryMin first wait after a failure, 10 ms to 10 s
 * @param retryMax longest wait between two attempts, up to 60 s
 * @param clientProperties Kafka client settings for TLS and SASL, at most 64, whose keys start with {@code ssl.}, {@code
 *     sasl.} or are {@code security.protocol}; may hold secrets
 */
public record LogConfig(
        String bootstrapServers,
        String topic,
        String group,
        int maxBatchRecords,
        Duration retryMin,
        Duration retryMax,
        Map<String, String> clientProperties) {
    /** Bytes that one fetch brings at most, which bounds what is read ahead: one fetch per broker. */
    private static final int FETCH_MAX_BYTES = 16 * 1024 * 1024;

    private static final int PARTITION_FETCH_MAX_BYTES = 2 * 1024 * 1024;

    /**
     * A broker answers once it has so much, some 4,000 records, or after {@link #FETCH_MAX_WAIT_MS}: most of what a
     * transaction costs it costs for one record, too.
     */
    private static final int FETCH_MIN_BYTES = 1 << 20;

    /** What gathering adds to the time until an execution is counted, at most. */
    private static final int FETCH_MAX_WAIT_MS = 100;

    /** How long a published record may be on its way. */
    private static final int DELIVERY_TIMEOUT_MS = 10_000;

    /** Longest wait for an answer of the brokers; the client's own default is a minute. */
    private static final int API_TIMEOUT_MS = 5_000;

    public LogConfig {
        clientProperties = Map.copyOf(clientProperties);
    }

    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.require(
                bootstrapServers.matches("[^\\s,:]+:\\d{1,5}(,[^\\s,:]+:\\d{1,5})*"),
                "--kafka-bootstrap-servers must be host:port[,host:port…], was '%s'",
                bootstrapServers);
        problems.require(
                topic.matches("[a-zA-Z0-9._-]{1,249}"),
                "--kafka-topic must be 1 to 249 letters, digits, dots, underscores or hyphens, was '%s'",
                topic);
        problems.require(!group.isBlank() && group.length() <= 249, "--consumer-group must be 1 to 249 characters");
        problems.requireRange("--max-batch-records", maxBatchRecords, 1, 100_000);
        problems.requireRange("--retry-min in ms", retryMin.toMillis(), 10, 10_000);
        problems.requireRange("--retry-max in ms", retryMax.toMillis(), retryMin.toMillis(), 60_000);
        checkClientProperties(problems, clientProperties);
    }

    /** Notes which of {@code properties} are none that {@code --kafka-property} may set. */
    public static void checkClientProperties(Problems problems, Map<String, String> properties) {
        problems.requireRange("settings given by --kafka-property", properties.size(), 0, 64);
        for (String key : new TreeSet<>(properties.keySet())) {
            problems.require(
                    key.startsWith("ssl.") || key.startsWith("sasl.") || key.equals("security.protocol"),
                    "--kafka-property may set ssl.*, sasl.* and security.protocol, not '%s'",
                    key);
        }
    }

    /**
     * Settings of the consumer. {@code group.protocol=consumer} (KIP-848): the broker moves single partitions while the
     * others flow on, where the classic protocol's rebalances make every worker wait for the slowest, which may be one
     * whose transaction is long. It needs brokers from 4.0.
     */
    Map<String, Object> consumerSettings() {
        Map<String, Object> settings = new HashMap<>(clientProperties);
        settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        settings.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, "consumer");
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "wasmwiz-metering");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        // PostgreSQL knows where to go on; without a position of ours nothing may be read.
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, maxBatchRecords);
        settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, FETCH_MIN_BYTES);
        settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_MAX_WAIT_MS);
        settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_MAX_BYTES);
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, PARTITION_FETCH_MAX_BYTES);
        settings.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, API_TIMEOUT_MS);
        settings.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, API_TIMEOUT_MS);
        settings.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
        settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        return settings;
    }

    /** Settings of a producer that is idempotent and waits for all in-sync replicas. */
    public Map<String, Object> producerSettings() {
        Map<String, Object> settings = new HashMap<>(clientProperties);
        settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        settings.put(ProducerConfig.CLIENT_ID_CONFIG, "wasmwiz-metering");
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 5);
        // A broker without a trace of this producer takes a second request whose first it refused, and then never the
        // first.
        settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, API_TIMEOUT_MS);
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, API_TIMEOUT_MS);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, DELIVERY_TIMEOUT_MS);
        settings.put(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        return settings;
    }

    Map<String, Object> adminSettings() {
        Map<String, Object> settings = new HashMap<>(clientProperties);
        settings.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        settings.put(AdminClientConfig.CLIENT_ID_CONFIG, "wasmwiz-metering-admin");
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, API_TIMEOUT_MS);
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, API_TIMEOUT_MS / 2);
        settings.put(AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
        return settings;
    }

    /** Without the client properties, which may hold secrets. */
    @Override
    public String toString() {
        return "LogConfig[bootstrapServers=%s, topic=%s, group=%s, maxBatchRecords=%d]"
                .formatted(bootstrapServers, topic, group, maxBatchRecords);
    }
}

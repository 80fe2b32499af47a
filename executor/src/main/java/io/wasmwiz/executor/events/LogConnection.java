package io.wasmwiz.executor.events;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A producer and an admin client of the same brokers. Opening needs no broker, only that a bootstrap name resolves.
 * Thread-safe; its opener closes it.
 */
final class LogConnection implements AutoCloseable {
    private static final int PROBE_MILLIS = 1_000;

    /** Some 250 records; each partition with records to be sent takes so much of the buffer, or twice that. */
    private static final int BATCH_BYTES = 64 * 1024;

    private static final Config NO_SETTINGS = new Config(List.of());

    private final EventsConfig config;
    private final Producer<byte[], byte[]> producer;
    private final Admin admin;

    private LogConnection(EventsConfig config, Producer<byte[], byte[]> producer, Admin admin) {
        this.config = config;
        this.producer = producer;
        this.admin = admin;
    }

    static LogConnection open(EventsConfig config) {
        Producer<byte[], byte[]> producer =
                new KafkaProducer<>(producerSettings(config), new ByteArraySerializer(), new ByteArraySerializer());
        try {
            return new LogConnection(config, producer, Admin.create(adminSettings(config)));
        } catch (RuntimeException e) {
            producer.close(Duration.ZERO);
            throw e;
        }
    }

    Producer<byte[], byte[]> producer() {
        return producer;
    }

    /**
     * Throws unless every partition of the topic has a leader and enough in-sync replicas, this client may write to it and
     * the producer knows it. Waits a few seconds at most.
     */
    void probe() throws LogUnavailableException, InterruptedException {
        TopicDescription topic = describeTopic();
        List<Integer> leaderless = new ArrayList<>();
        for (TopicPartitionInfo partition : topic.partitions()) {
            if (partition.leader() == null || partition.leader().isEmpty()) {
                leaderless.add(partition.partition());
            }
        }
        if (!leaderless.isEmpty()) {
            throw new LogUnavailableException(
                    "partitions %s of topic '%s' have no leader".formatted(leaderless, config.topic()));
        }
        requireInSyncReplicas(topic);
        Set<AclOperation> allowed = topic.authorizedOperations();
        if (allowed != null && !allowed.contains(AclOperation.WRITE)) {
            throw new LogUnavailableException(
                    "this executor is not authorized to write to topic '%s'".formatted(config.topic()));
        }
        warmProducer();
    }

    private TopicDescription describeTopic() throws LogUnavailableException, InterruptedException {
        try {
            DescribeTopicsOptions options =
                    new DescribeTopicsOptions().timeoutMs(PROBE_MILLIS).includeAuthorizedOperations(true);
            return admin.describeTopics(TopicCollection.ofTopicNames(List.of(config.topic())), options)
                    .allTopicNames()
                    .get(2L * PROBE_MILLIS, TimeUnit.MILLISECONDS)
                    .values()
                    .iterator()
                    .next();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new LogUnavailableException(
                    cause instanceof UnknownTopicOrPartitionException
                            ? "topic '%s' does not exist at %s".formatted(config.topic(), config.bootstrapServers())
                            : "Kafka at %s does not serve topic '%s': %s"
                                    .formatted(config.bootstrapServers(), config.topic(), cause.getMessage()),
                    cause);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new LogUnavailableException("Kafka at %s does not answer".formatted(config.bootstrapServers()), e);
        }
    }

    private void requireInSyncReplicas(TopicDescription topic) throws LogUnavailableException, InterruptedException {
        int minimum = minimumInSyncReplicas();
        List<Integer> lacking = lackingReplicas(topic, minimum);
        if (!lacking.isEmpty()) {
            throw new LogUnavailableException(
                    "partitions %s of topic '%s' have fewer in-sync replicas than the %d of %s"
                            .formatted(lacking, config.topic(), minimum, TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG));
        }
    }

    /**
     * Partitions whose leader refuses records with {@code acks=all}: fewer replicas are in sync than the minimum, which
     * never counts for more than there are replicas at all.
     */
    static List<Integer> lackingReplicas(TopicDescription topic, int minimum) {
        return topic.partitions().stream()
                .filter(partition -> partition.isr().size()
                        < Math.min(minimum, partition.replicas().size()))
                .map(TopicPartitionInfo::partition)
                .toList();
    }

    /** The topic's setting; 1 where this client may not read it. */
    private int minimumInSyncReplicas() throws LogUnavailableException, InterruptedException {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, config.topic());
        try {
            ConfigEntry minimum = admin.describeConfigs(
                            List.of(topic), new DescribeConfigsOptions().timeoutMs(PROBE_MILLIS))
                    .all()
                    .get(2L * PROBE_MILLIS, TimeUnit.MILLISECONDS)
                    .getOrDefault(topic, NO_SETTINGS)
                    .get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG);
            return minimum == null || minimum.value() == null ? 1 : Integer.parseInt(minimum.value());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AuthorizationException) {
                return 1;
            }
            throw new LogUnavailableException(
                    "Kafka at %s does not tell the settings of topic '%s': %s"
                            .formatted(config.bootstrapServers(), config.topic(), e.getMessage()),
                    e);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new LogUnavailableException("Kafka at %s does not answer".formatted(config.bootstrapServers()), e);
        }
    }

    // Sending never waits for metadata (max.block.ms is 0), so somebody else must have fetched it: each call asks for
    // the
    // topic, which also keeps the producer from forgetting it for want of traffic.
    private void warmProducer() throws LogUnavailableException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PROBE_MILLIS);
        while (true) {
            try {
                producer.partitionsFor(config.topic());
                return;
            } catch (org.apache.kafka.common.errors.InterruptException e) {
                Thread.interrupted();
                throw new InterruptedException();
            } catch (RuntimeException e) {
                if (System.nanoTime() - deadline >= 0) {
                    throw new LogUnavailableException(
                            "the producer has no metadata of topic '%s' yet".formatted(config.topic()), e);
                }
                Thread.sleep(10);
            }
        }
    }

    /** Waits for records in flight, at most the delivery time-out. */
    @Override
    public void close() {
        close(config.deliveryTimeout());
    }

    void close(Duration wait) {
        admin.close(Duration.ZERO);
        producer.close(wait);
    }

    private static Map<String, Object> producerSettings(EventsConfig config) {
        Map<String, Object> settings = new HashMap<>(config.clientProperties());
        int deliveryMillis = Math.toIntExact(config.deliveryTimeout().toMillis());
        settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
        settings.put(ProducerConfig.CLIENT_ID_CONFIG, config.executorId());
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        // A reply waits for the ack, so nothing waits for company. Batches form while the one request before is out, as
        // in a group commit: the more there is to send, the more goes together, and a single record never waits. With
        // two
        // requests out, a partition that a broker has just taken over may take the second and then never the first.
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        // One account's records go to one partition, whose batch is all that a request takes of it.
        settings.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
        // Records are ids and digests, which do not shrink, and compression would run on the thread that publishes.
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "none");
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, deliveryMillis);
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.min(5_000, deliveryMillis));
        // The thread that publishes never waits: neither for metadata nor for buffer space.
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 0);
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, config.bufferBytes());
        settings.put(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
        // While no broker answers, keep what is known of the topic, so that records wait for a leader rather than being
        // refused at once; brokers that moved are found by the connection that LogProbe opens next.
        settings.put(CommonClientConfigs.METADATA_RECOVERY_STRATEGY_CONFIG, "none");
        return settings;
    }

    private static Map<String, Object> adminSettings(EventsConfig config) {
        Map<String, Object> settings = new HashMap<>(config.clientProperties());
        settings.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
        settings.put(AdminClientConfig.CLIENT_ID_CONFIG, config.executorId() + "-probe");
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, PROBE_MILLIS);
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, PROBE_MILLIS);
        settings.put(AdminClientConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
        return settings;
    }
}

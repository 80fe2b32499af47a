package io.wasmwiz.metering.reconcile;

import io.wasmwiz.metering.consume.LogUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads the log from its first record, without a consumer group, so that the workers notice nothing. Not thread-safe; its
 * opener closes it.
 */
final class EventLog implements AutoCloseable {
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Admin admin;
    private final String topic;
    private final Duration timeout;

    private EventLog(KafkaConsumer<byte[], byte[]> consumer, Admin admin, String topic, Duration timeout) {
        this.consumer = consumer;
        this.admin = admin;
        this.topic = topic;
        this.timeout = timeout;
    }

    /**
     * Opens a consumer; does not wait for a broker.
     *
     * @param timeout longest wait for an answer, or for the next record
     */
    static EventLog open(
            String bootstrapServers, Map<String, String> clientProperties, String topic, Duration timeout) {
        Map<String, Object> settings = new HashMap<>(clientProperties);
        settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "wasmwiz-reconcile");
        Map<String, Object> consuming = new HashMap<>(settings);
        consuming.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        consuming.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        consuming.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        consuming.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(timeout.toMillis()));
        return new EventLog(
                new KafkaConsumer<>(consuming, new ByteArrayDeserializer(), new ByteArrayDeserializer()),
                Admin.create(settings),
                topic,
                timeout);
    }

    /** Kafka's id of the topic that has the name now. */
    UUID topicId() throws LogUnavailableException, InterruptedException {
        Uuid id = Objects.requireNonNull(
                        await(admin.describeTopics(List.of(topic)).allTopicNames())
                                .get(topic))
                .topicId();
        return new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    /** Offset of a partition's first record that is not older than {@code since}; {@link #end} where all are. */
    long start(int partition, Instant since) throws LogUnavailableException, InterruptedException {
        long earliest = offset(partition, OffsetSpec.earliest());
        if (!since.isAfter(Instant.EPOCH)) {
            return earliest;
        }
        long found = offset(partition, OffsetSpec.forTimestamp(since.toEpochMilli()));
        return found < 0 ? end(partition) : Math.max(earliest, found);
    }

    /** Offset after a partition's last record. */
    long end(int partition) throws LogUnavailableException, InterruptedException {
        return offset(partition, OffsetSpec.latest());
    }

    private long offset(int partition, OffsetSpec spec) throws LogUnavailableException, InterruptedException {
        TopicPartition of = new TopicPartition(topic, partition);
        return await(admin.listOffsets(Map.of(of, spec)).partitionResult(of)).offset();
    }

    private <T> T await(KafkaFuture<T> answer) throws LogUnavailableException, InterruptedException {
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw unavailable(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            throw new LogUnavailableException("Kafka did not answer within " + timeout.toMillis() + " ms", e);
        }
    }

    /** Takes records. */
    interface Reader {
        void accept(ConsumerRecord<byte[], byte[]> record) throws ReconcileTimeoutException;
    }

    /** Hands over the records of a partition from offset {@code from} to before {@code to}, in order. */
    void read(int partition, long from, long to, Reader reader)
            throws LogUnavailableException, ReconcileTimeoutException {
        TopicPartition of = new TopicPartition(topic, partition);
        try {
            consumer.assign(List.of(of));
            consumer.seek(of, from);
            long progressNanos = System.nanoTime();
            while (consumer.position(of) < to) {
                long before = consumer.position(of);
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL).records(of)) {
                    if (record.offset() < to) {
                        reader.accept(record);
                    }
                }
                if (consumer.position(of) > before) {
                    progressNanos = System.nanoTime();
                } else if (System.nanoTime() - progressNanos > timeout.toNanos()) {
                    throw new LogUnavailableException(
                            "no record of partition %d from offset %d within %d ms"
                                    .formatted(partition, before, timeout.toMillis()),
                            null);
                }
            }
        } catch (KafkaException e) {
            throw unavailable(e);
        }
    }

    private static LogUnavailableException unavailable(Throwable cause) {
        return new LogUnavailableException("Kafka: " + cause.getMessage(), cause);
    }

    @Override
    public void close() {
        // A worker that stops interrupts, and the consumer would complain of that instead of closing.
        boolean interrupted = Thread.interrupted();
        admin.close(Duration.ZERO);
        consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT));
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

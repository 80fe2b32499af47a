package io.wasmwiz.metering.consume;

import java.time.Duration;
import java.util.Collection;
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
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** What the brokers say about the log: its id and how far it reaches. Thread-safe; its opener closes it. */
public final class EventTopic implements AutoCloseable {
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);

    private final Admin admin;
    private final String topic;

    private EventTopic(Admin admin, String topic) {
        this.admin = admin;
        this.topic = topic;
    }

    /** Opens a client; does not wait for a broker. */
    public static EventTopic open(LogConfig config) {
        return new EventTopic(Admin.create(config.adminSettings()), config.topic());
    }

    /** A question on its way to the brokers. */
    final class IdQuestion {
        private final KafkaFuture<UUID> answer = describe();

        /** Kafka's id of the topic that had the name when the question was answered. */
        UUID await() throws LogUnavailableException {
            return EventTopic.this.await(answer, ANSWER_TIMEOUT);
        }
    }

    /** Asks which topic has the name now; does not wait. */
    IdQuestion askId() {
        return new IdQuestion();
    }

    /** First and end offsets of {@code partitions}. */
    Map<Integer, LogRange> ranges(Collection<Integer> partitions) throws LogUnavailableException {
        Map<TopicPartition, Long> starts = offsets(partitions, OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = offsets(partitions, OffsetSpec.latest());
        Map<Integer, LogRange> ranges = new HashMap<>();
        starts.forEach((partition, start) ->
                ranges.put(partition.partition(), new LogRange(start, ends.getOrDefault(partition, start))));
        return ranges;
    }

    /** End offsets of {@code partitions}. */
    Map<TopicPartition, Long> ends(Collection<Integer> partitions) throws LogUnavailableException {
        return offsets(partitions, OffsetSpec.latest());
    }

    /** Throws unless the brokers answer and the topic exists. */
    public void probe() throws LogUnavailableException {
        await(describe(), PROBE_TIMEOUT);
    }

    private KafkaFuture<UUID> describe() {
        return admin.describeTopics(List.of(topic)).allTopicNames().thenApply(descriptions -> {
            Uuid id = Objects.requireNonNull(descriptions.get(topic)).topicId();
            return new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits());
        });
    }

    private Map<TopicPartition, Long> offsets(Collection<Integer> partitions, OffsetSpec spec)
            throws LogUnavailableException {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        partitions.forEach(partition -> wanted.put(new TopicPartition(topic, partition), spec));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        await(admin.listOffsets(wanted).all(), ANSWER_TIMEOUT)
                .forEach((partition, found) -> offsets.put(partition, found.offset()));
        return offsets;
    }

    private <T> T await(KafkaFuture<T> answer, Duration timeout) throws LogUnavailableException {
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LogUnavailableException("interrupted", e);
        } catch (TimeoutException e) {
            throw new LogUnavailableException("Kafka did not answer within " + timeout.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw cause instanceof UnknownTopicOrPartitionException
                    ? new LogUnavailableException("topic " + topic + " does not exist", cause)
                    : new LogUnavailableException("Kafka: " + cause.getMessage(), cause);
        }
    }

    @Override
    public void close() {
        admin.close(PROBE_TIMEOUT);
    }
}

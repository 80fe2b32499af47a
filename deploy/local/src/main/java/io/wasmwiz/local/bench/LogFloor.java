package io.wasmwiz.local.bench;

import io.wasmwiz.events.ExecutionLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** What the log takes from a plain producer: records that executors wrote, again and again. Stateless. */
final class LogFloor {
    private static final String TOPIC = "bench-floor";
    private static final int SAMPLE = 1_000;
    private static final Duration SAMPLE_LIMIT = Duration.ofSeconds(30);

    private LogFloor() {}

    /** Records of {@code duration}, all acknowledged. */
    static Floor measure(String bootstrapServers, Duration duration, Floor.Clock clock) throws Exception {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, ExecutionLog.DEFAULT_PARTITIONS, (short) 1)))
                    .all()
                    .get();
            try {
                List<ConsumerRecord<byte[], byte[]>> sample = sample(bootstrapServers);
                send(bootstrapServers, sample, duration.dividedBy(2), clock);
                return send(bootstrapServers, sample, duration, clock);
            } finally {
                admin.deleteTopics(List.of(TOPIC)).all().get();
            }
        }
    }

    private static List<ConsumerRecord<byte[], byte[]>> sample(String bootstrapServers) {
        List<ConsumerRecord<byte[], byte[]>> sample = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(ExecutionLog.TOPIC).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long deadline = System.nanoTime() + SAMPLE_LIMIT.toNanos();
            while (sample.size() < SAMPLE && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(100)).forEach(sample::add);
            }
        }
        if (sample.isEmpty()) {
            throw new IllegalStateException("the log has no records to repeat");
        }
        return sample;
    }

    private static Floor send(
            String bootstrapServers,
            List<ConsumerRecord<byte[], byte[]>> sample,
            Duration duration,
            Floor.Clock clock) {
        AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
        long sent = 0;
        Floor floor;
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.LINGER_MS_CONFIG,
                        5),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            clock.start();
            long start = System.nanoTime();
            while (System.nanoTime() - start < duration.toNanos()) {
                for (ConsumerRecord<byte[], byte[]> record : sample) {
                    var unused = producer.send(
                            new ProducerRecord<>(TOPIC, null, record.key(), record.value(), record.headers()),
                            (metadata, e) -> {
                                if (e != null) {
                                    failure.set(e);
                                }
                            });
                    sent++;
                }
            }
            producer.flush();
            floor = clock.stop(sent);
        }
        Exception cause = failure.get();
        if (cause != null) {
            throw new IllegalStateException("the log did not take everything", cause);
        }
        return floor;
    }
}

package io.wasmwiz.executor.events;

import io.wasmwiz.events.v1.ExecutionLogRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads a whole topic. Not thread-safe. */
public final class LogReader {
    private LogReader() {}

    /** Everything in {@code topic} up to its end as it is now. */
    public static List<ConsumerRecord<byte[], byte[]>> readAll(String bootstrapServers, String topic) {
        List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers, "auto.offset.reset", "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            consumer.seekToBeginning(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(200)).forEach(all::add);
            }
        }
        return all;
    }

    /** The same, decoded. */
    public static List<ExecutionLogRecord> readMessages(String bootstrapServers, String topic) throws Exception {
        List<ExecutionLogRecord> messages = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : readAll(bootstrapServers, topic)) {
            messages.add(ExecutionLogRecord.parseFrom(record.value()));
        }
        return messages;
    }
}

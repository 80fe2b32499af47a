package io.wasmwiz.metering.consume;

import io.wasmwiz.metering.event.Decoded;
import io.wasmwiz.metering.event.EventDecoder;
import io.wasmwiz.metering.event.LogBatch;
import io.wasmwiz.metering.event.LogEntry;
import io.wasmwiz.metering.event.PartitionRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Turns what a poll brought into a batch. Stateless. */
final class BatchReader {
    /**
     * A batch, and the partitions that it leaves in the middle because the next record is of a newer schema.
     *
     * @param newerSchema partition to what is unknown there
     */
    record Reading(LogBatch batch, Map<Integer, String> newerSchema) {}

    private final EventDecoder decoder;

    BatchReader(EventDecoder decoder) {
        this.decoder = decoder;
    }

    /** Reads {@code records}, which continue {@code positions}. */
    Reading read(ConsumerRecords<byte[], byte[]> records, Map<TopicPartition, LogPosition> positions) {
        List<PartitionRange> ranges = new ArrayList<>();
        List<LogEntry> entries = new ArrayList<>(records.count());
        Map<Integer, String> newerSchema = new TreeMap<>();
        List<Map.Entry<TopicPartition, OffsetAndMetadata>> nexts =
                new ArrayList<>(records.nextOffsets().entrySet());
        nexts.sort(Comparator.comparingInt(entry -> entry.getKey().partition()));
        for (Map.Entry<TopicPartition, OffsetAndMetadata> entry : nexts) {
            TopicPartition partition = entry.getKey();
            LogPosition from = positions.get(partition);
            if (from == null) {
                throw new IllegalStateException("records of " + partition + ", which has no position");
            }
            long next = entry.getValue().offset();
            Integer epoch = entry.getValue().leaderEpoch().orElse(from.leaderEpoch());
            for (ConsumerRecord<byte[], byte[]> consumed : records.records(partition)) {
                Decoded decoded = decoder.decode(consumed.key(), consumed.value());
                if (decoded instanceof Decoded.NewerSchema newer) {
                    newerSchema.put(
                            partition.partition(), "offset %d: %s".formatted(consumed.offset(), newer.detail()));
                    next = consumed.offset();
                    break;
                }
                entries.add(new LogEntry(
                        partition.partition(), consumed.offset(), consumed.key(), consumed.value(), decoded));
            }
            if (next > from.offset()) {
                ranges.add(new PartitionRange(partition.partition(), from.offset(), from.leaderEpoch(), next, epoch));
            }
        }
        return new Reading(new LogBatch(ranges, entries), newerSchema);
    }
}

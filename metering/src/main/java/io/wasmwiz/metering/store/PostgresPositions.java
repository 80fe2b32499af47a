package io.wasmwiz.metering.store;

import io.wasmwiz.metering.event.Decoded;
import io.wasmwiz.metering.event.LogEntry;
import io.wasmwiz.metering.event.PartitionRange;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** {@code log_positions} and {@code dead_events}: what is keyed by a place in the log. */
final class PostgresPositions {
    private static final String FIRST_USE = """
            INSERT INTO log_positions (topic, partition, topic_id, next_offset)
            SELECT :topic, partition, :topicId, 0 FROM unnest(:partitions) AS wanted (partition)
            ON CONFLICT (topic, partition) DO NOTHING
            """;
    private static final String LOAD = """
            SELECT partition, topic_id, next_offset, leader_epoch FROM log_positions
            WHERE topic = :topic AND partition = ANY (:partitions)
            """;
    private static final String LOCK = LOAD + " ORDER BY partition FOR UPDATE";
    private static final String ADVANCE = """
            UPDATE log_positions SET next_offset = moved.next_offset,
                                     leader_epoch = coalesce(moved.leader_epoch, log_positions.leader_epoch)
            FROM unnest(:partitions, :nexts, :epochs) AS moved (partition, next_offset, leader_epoch)
            WHERE log_positions.topic = :topic AND log_positions.partition = moved.partition
            """;
    private static final String DEAD = """
            INSERT INTO dead_events (topic, log_partition, log_offset, topic_id, reason, detail, record_key, record_value)
            VALUES (:topic, :partition, :offset, :topicId, :reason, :detail, :key, :value)
            ON CONFLICT (topic, topic_id, log_partition, log_offset) DO NOTHING
            """;

    private final String topic;

    PostgresPositions(String topic) {
        this.topic = topic;
    }

    Map<Integer, StoredPosition> load(Handle handle, UUID topicId, Collection<Integer> partitions) {
        handle.createUpdate(FIRST_USE)
                .bind("topic", topic)
                .bind("topicId", topicId)
                .bindArray("partitions", Integer.class, partitions.toArray())
                .execute();
        return query(handle, LOAD, partitions);
    }

    /** Empty when every range starts where the ledger ends; otherwise what is different. */
    Optional<WriteOutcome> lockAndCompare(Handle handle, List<PartitionRange> ranges, UUID topicId) {
        Map<Integer, StoredPosition> stored = query(
                handle, LOCK, ranges.stream().map(PartitionRange::partition).toList());
        for (PartitionRange range : ranges) {
            StoredPosition position = stored.get(range.partition());
            if (position != null && !position.topicId().equals(topicId)) {
                return Optional.of(new WriteOutcome.TopicReplaced(
                        "partition %d was read from topic id %s and the topic's id is now %s"
                                .formatted(range.partition(), position.topicId(), topicId)));
            }
            if (position == null || position.nextOffset() != range.from()) {
                return Optional.of(new WriteOutcome.PositionMoved("partition %d is at %s and the batch starts at %d"
                        .formatted(
                                range.partition(),
                                position == null ? "no position" : position.nextOffset(),
                                range.from())));
            }
        }
        return Optional.empty();
    }

    void advance(Handle handle, List<PartitionRange> ranges) {
        handle.createUpdate(ADVANCE)
                .bind("topic", topic)
                .bindArray(
                        "partitions",
                        Integer.class,
                        ranges.stream().map(PartitionRange::partition).toArray())
                .bindArray(
                        "nexts",
                        Long.class,
                        ranges.stream().map(PartitionRange::next).toArray())
                .bindArray(
                        "epochs",
                        Integer.class,
                        ranges.stream().map(PartitionRange::leaderEpoch).toArray())
                .execute();
    }

    /** A record that is dead already, because the log was read again, stays as it was. */
    void writeDead(Handle handle, List<LogEntry> dead, UUID topicId) {
        if (dead.isEmpty()) {
            return;
        }
        PreparedBatch batch = handle.prepareBatch(DEAD);
        for (LogEntry entry : dead) {
            Decoded.Dead cause = (Decoded.Dead) entry.decoded();
            batch.bind("topic", topic)
                    .bind("partition", entry.partition())
                    .bind("offset", entry.offset())
                    .bind("topicId", topicId)
                    .bind("reason", cause.reason().name())
                    .bind("detail", cause.detail())
                    .bind("key", entry.key())
                    .bind("value", entry.value())
                    .add();
        }
        batch.execute();
    }

    private Map<Integer, StoredPosition> query(Handle handle, String sql, Collection<Integer> partitions) {
        Map<Integer, StoredPosition> positions = new HashMap<>();
        handle.createQuery(sql)
                .bind("topic", topic)
                .bindArray("partitions", Integer.class, partitions.toArray())
                .map((row, context) -> {
                    int epoch = row.getInt("leader_epoch");
                    Integer leaderEpoch = row.wasNull() ? null : Integer.valueOf(epoch);
                    return positions.put(
                            row.getInt("partition"),
                            new StoredPosition(
                                    row.getObject("topic_id", UUID.class), row.getLong("next_offset"), leaderEpoch));
                })
                .list();
        return positions;
    }
}

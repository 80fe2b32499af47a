package io.wasmwiz.metering.store;

import io.wasmwiz.metering.event.Decoded;
import io.wasmwiz.metering.event.LogEntry;
import io.wasmwiz.metering.event.PartitionRange;
import io.wasmwiz.metering.settle.RetentionFloor;
import io.wasmwiz.metering.store.Located.Elsewhere;
import io.wasmwiz.metering.store.Located.Here;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/** {@code log_positions} and {@code dead_events}: what is keyed by a place in the log. */
final class PostgresPositions {
    // Asked first, since an INSERT that finds a conflict takes a number all the same.
    private static final String FIRST_TOPIC = """
            INSERT INTO log_topics (topic, topic_id) SELECT :topic, :topicId
            WHERE NOT EXISTS (SELECT FROM log_topics WHERE topic = :topic AND topic_id = :topicId)
            ON CONFLICT (topic, topic_id) DO NOTHING
            """;
    private static final String FIRST_USE = """
            INSERT INTO log_positions (topic, partition, topic_id, next_offset)
            SELECT :topic, partition, :topicId, 0 FROM unnest(:partitions) AS wanted (partition)
            ON CONFLICT (topic, partition) DO NOTHING
            """;
    private static final String LOAD = """
            SELECT partition, topic_id, next_offset, leader_epoch FROM log_positions
            WHERE topic = :topic AND partition = ANY (:partitions)
            """;
    // Reading the floor locks its table against raise_usage_floor until the transaction ends.
    private static final String LOCK = """
            SELECT p.partition, p.topic_id, p.next_offset, p.leader_epoch, p.consumed_offset, t.generation, r.floor
            FROM log_positions p
            CROSS JOIN usage_retention r
            LEFT JOIN log_topics t ON t.topic = p.topic AND t.topic_id = p.topic_id
            WHERE p.topic = :topic AND p.partition = ANY (:partitions)
            ORDER BY p.partition
            FOR UPDATE OF p
            """;
    private static final String ADVANCE = """
            UPDATE log_positions SET next_offset = moved.next_offset,
                                     leader_epoch = moved.leader_epoch
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
        handle.createUpdate(FIRST_TOPIC)
                .bind("topic", topic)
                .bind("topicId", topicId)
                .execute();
        handle.createUpdate(FIRST_USE)
                .bind("topic", topic)
                .bind("topicId", topicId)
                .bindArray("partitions", Integer.class, partitions.toArray())
                .execute();
        Map<Integer, StoredPosition> positions = new HashMap<>();
        handle.createQuery(LOAD)
                .bind("topic", topic)
                .bindArray("partitions", Integer.class, partitions.toArray())
                .map((row, context) -> positions.put(row.getInt("partition"), position(row)))
                .list();
        return positions;
    }

    /** Locks the positions and compares them with where the batch starts. */
    Located locate(Handle handle, List<PartitionRange> ranges, UUID topicId) {
        Map<Integer, StoredPosition> stored = new HashMap<>();
        Map<Integer, Long> consumed = new HashMap<>();
        List<Here> facts = handle.createQuery(LOCK)
                .bind("topic", topic)
                .bindArray(
                        "partitions",
                        Integer.class,
                        ranges.stream().map(PartitionRange::partition).toArray())
                .map((row, context) -> {
                    stored.put(row.getInt("partition"), position(row));
                    consumed.put(row.getInt("partition"), row.getLong("consumed_offset"));
                    return new Here(
                            row.getShort("generation"),
                            new RetentionFloor(row.getObject("floor", LocalDate.class), Map.of()));
                })
                .list();
        for (PartitionRange range : ranges) {
            Optional<WriteOutcome> difference = compare(range, stored.get(range.partition()), topicId);
            if (difference.isPresent()) {
                return new Elsewhere(difference.get());
            }
        }
        Here here = facts.get(0);
        if (here.generation() == 0) {
            return new Elsewhere(new WriteOutcome.PositionMoved("topic id %s was never placed".formatted(topicId)));
        }
        return new Here(here.generation(), new RetentionFloor(here.retention().floor(), consumed));
    }

    private static Optional<WriteOutcome> compare(PartitionRange range, @Nullable StoredPosition stored, UUID topicId) {
        if (stored != null && !stored.topicId().equals(topicId)) {
            return Optional.of(
                    new WriteOutcome.TopicReplaced("partition %d was read from topic id %s and the topic's id is now %s"
                            .formatted(range.partition(), stored.topicId(), topicId)));
        }
        // The epoch too: a log that was cut and written anew has other records at the same offsets.
        if (stored == null
                || stored.nextOffset() != range.from()
                || !Objects.equals(stored.leaderEpoch(), range.fromEpoch())) {
            return Optional.of(new WriteOutcome.PositionMoved(
                    "partition %d is at %s and the batch starts at offset %d, epoch %s"
                            .formatted(
                                    range.partition(),
                                    stored == null
                                            ? "no position"
                                            : "offset %d, epoch %s"
                                                    .formatted(stored.nextOffset(), stored.leaderEpoch()),
                                    range.from(),
                                    range.fromEpoch())));
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
                        ranges.stream().map(PartitionRange::nextEpoch).toArray())
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

    private static StoredPosition position(ResultSet row) throws SQLException {
        int epoch = row.getInt("leader_epoch");
        Integer leaderEpoch = row.wasNull() ? null : Integer.valueOf(epoch);
        return new StoredPosition(row.getObject("topic_id", UUID.class), row.getLong("next_offset"), leaderEpoch);
    }
}

package io.wasmwiz.metering.deadevents;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** The table {@code dead_events}, of one topic name. Thread-safe. */
final class DeadEvents {
    private static final String COLUMNS = """
            SELECT topic_id, log_partition, log_offset, reason, detail, created_at, replayed_at, record_key, record_value
            FROM dead_events
            """;
    private static final String LIST = COLUMNS + """
            WHERE topic = :topic
              AND (:reason::text IS NULL OR reason = :reason)
              AND (NOT :pending OR replayed_at IS NULL)
              AND (topic_id, log_partition, log_offset) > (:topicId, :partition, :offset)
            ORDER BY topic_id, log_partition, log_offset
            LIMIT :limit
            """;
    private static final String NOW = "SELECT now()";
    private static final String FIND = COLUMNS + """
            WHERE topic = :topic AND log_partition = :partition AND log_offset = :offset
              AND (:topicId::uuid IS NULL OR topic_id = :topicId::uuid)
            ORDER BY topic_id
            """;
    private static final String LOCK = COLUMNS + """
            WHERE topic = :topic AND topic_id = :topicId AND log_partition = :partition AND log_offset = :offset
            FOR UPDATE
            """;
    private static final String MARK = """
            UPDATE dead_events SET replayed_at = now()
            WHERE topic = :topic AND topic_id = :topicId AND log_partition = :partition AND log_offset = :offset
            """;

    /** Before every event. */
    static final DeadEventId START = new DeadEventId(new UUID(0, 0), -1, -1);

    private final Jdbi jdbi;
    private final String topic;

    DeadEvents(Jdbi jdbi, String topic) {
        this.jdbi = jdbi;
        this.topic = topic;
    }

    /** Publishes an event anew; throws when it may not have reached the log. */
    interface Publisher {
        void publish(DeadEvent event);
    }

    /** In the order of their places, those after {@code after}; {@code reason} null means every one. */
    List<DeadEvent> list(@Nullable String reason, boolean pendingOnly, DeadEventId after, int limit) {
        return jdbi.withHandle(handle -> handle.createQuery(LIST)
                .bind("topic", topic)
                .bind("reason", reason)
                .bind("pending", pendingOnly)
                .bind("topicId", after.topicId())
                .bind("partition", after.partition())
                .bind("offset", after.offset())
                .bind("limit", limit)
                .map((row, context) -> event(row))
                .list());
    }

    /** The time by the ledger's clock. */
    Instant now() {
        return jdbi.withHandle(handle ->
                handle.createQuery(NOW).mapTo(OffsetDateTime.class).one().toInstant());
    }

    /** Those at a place: several only when topics made anew have it and {@code id} does not say which. */
    List<DeadEvent> find(DeadEventId id) {
        return jdbi.withHandle(handle -> handle.createQuery(FIND)
                .bind("topic", topic)
                .bindByType("topicId", id.topicId(), UUID.class)
                .bind("partition", id.partition())
                .bind("offset", id.offset())
                .map((row, context) -> event(row))
                .list());
    }

    /**
     * Publishes an event unless that was done, and notes it. Two at once wait for each other. When the process dies in
     * between, the event may be published again, which metering takes for what it is: the same execution or the same end
     * of a lease.
     *
     * @return whether it was published now
     */
    boolean replay(DeadEventId id, Publisher publisher) {
        return jdbi.inTransaction(handle -> {
            Optional<DeadEvent> event =
                    at(handle, LOCK, id).map((row, context) -> event(row)).findOne();
            if (event.isEmpty() || event.get().replayedAt() != null) {
                return false;
            }
            publisher.publish(event.get());
            handle.createUpdate(MARK)
                    .bind("topic", topic)
                    .bind("topicId", id.topicId())
                    .bind("partition", id.partition())
                    .bind("offset", id.offset())
                    .execute();
            return true;
        });
    }

    private org.jdbi.v3.core.statement.Query at(Handle handle, String sql, DeadEventId id) {
        return handle.createQuery(sql)
                .bind("topic", topic)
                .bind("topicId", id.topicId())
                .bind("partition", id.partition())
                .bind("offset", id.offset());
    }

    private static DeadEvent event(ResultSet row) throws SQLException {
        return new DeadEvent(
                new DeadEventId(
                        row.getObject("topic_id", UUID.class), row.getInt("log_partition"), row.getLong("log_offset")),
                row.getString("reason"),
                row.getString("detail"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                instant(row.getObject("replayed_at", OffsetDateTime.class)),
                row.getBytes("record_key"),
                row.getBytes("record_value"));
    }

    private static @Nullable Instant instant(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }
}

package io.wasmwiz.executor.export;

import io.wasmwiz.testing.TestDatabase;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Writes the ledger as metering does: rows, extents and the stored position in one transaction. */
public final class LedgerLog {
    private static final String TOPIC = """
            INSERT INTO log_topics (topic, topic_id) VALUES ('test', :topic) ON CONFLICT DO NOTHING
            """;
    private static final String ROWS = """
            INSERT INTO usage_logs (day, execution_id, user_id, api_key_id, module_digest, tier, tier_version, lease_id,
                status, exit_code, admitted_at, wall_time_us, cpu_time_us, queue_time_us, peak_memory_bytes, module_bytes,
                input_bytes, output_bytes, cache_hit, output_truncated, output_lost, charged, log_generation,
                log_partition, log_offset)
            SELECT :day, gen_random_uuid(), :account, CAST(:key AS uuid), sha256(convert_to((o % 3)::text, 'UTF8')), 'Free', 1,
                   gen_random_uuid(), CASE WHEN o % 10 = 0 THEN 'failed' ELSE 'completed' END, (o % 10 = 0)::int,
                   :at::timestamptz + (o - :from) * interval '1 microsecond', o, o, 1, 65536, 100, 10, 20, true, false, false, true,
                   (SELECT generation FROM log_topics WHERE topic = 'test' AND topic_id = :topic), :partition, o
            FROM generate_series(:from, :to - 1) AS o
            """;
    private static final String EXTENT = """
            INSERT INTO usage_log_extents AS e VALUES (:day,
                (SELECT generation FROM log_topics WHERE topic = 'test' AND topic_id = :topic), :partition, :from, :to - 1)
            ON CONFLICT (day, log_generation, log_partition) DO UPDATE
            SET first_offset = least(e.first_offset, excluded.first_offset),
                last_offset = greatest(e.last_offset, excluded.last_offset)
            """;
    private static final String POSITION = """
            INSERT INTO log_positions (topic, partition, topic_id, next_offset) VALUES ('test', :partition, :topic, :to)
            ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, topic_id = excluded.topic_id
            """;

    private final TestDatabase database;
    private final UUID topicId;

    /** A log whose topic has this id; another id is the topic made anew. */
    public LedgerLog(TestDatabase database, UUID topicId) {
        this.database = database;
        this.topicId = topicId;
        database.jdbi()
                .useHandle(handle ->
                        handle.createUpdate(TOPIC).bind("topic", topicId).execute());
    }

    /** Executions at the offsets {@code [from, to)}, a microsecond apart, and the position behind them. */
    public void append(UUID account, UUID key, int partition, long from, long to, Instant at) {
        LocalDate day = at.atOffset(ZoneOffset.UTC).toLocalDate();
        database.ensurePartition(day);
        database.jdbi().useTransaction(handle -> {
            rows(handle, account, key, partition, from, to, at);
            handle.createUpdate(EXTENT)
                    .bind("day", day)
                    .bind("topic", topicId)
                    .bind("partition", partition)
                    .bind("from", from)
                    .bind("to", to)
                    .execute();
            advance(handle, partition, to);
        });
    }

    private void rows(Handle handle, UUID account, UUID key, int partition, long from, long to, Instant at) {
        handle.createUpdate(ROWS)
                .bind("day", at.atOffset(ZoneOffset.UTC).toLocalDate())
                .bind("account", account)
                .bind("key", key)
                .bind("topic", topicId)
                .bind("partition", partition)
                .bind("from", from)
                .bind("to", to)
                .bind("at", at.atOffset(ZoneOffset.UTC))
                .execute();
    }

    /** Moves the stored position alone, back too. */
    public void position(int partition, long next) {
        database.jdbi().useHandle(handle -> advance(handle, partition, next));
    }

    private void advance(Handle handle, int partition, long to) {
        handle.createUpdate(POSITION)
                .bind("partition", partition)
                .bind("topic", topicId)
                .bind("to", to)
                .execute();
    }
}

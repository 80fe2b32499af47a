package io.wasmwiz.local.billing;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import io.wasmwiz.events.v1.ExecutionLogRecord;
import io.wasmwiz.local.billing.Caller.Answer.Acknowledged;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Executors whose machines' clocks are an hour behind, right, and an hour ahead. */
final class SkewedClocksIT {
    private static final int PER_MINUTE = 20;
    private static final int CALLS_EACH = 20;
    /** An executor reckons from before its request for a lease, so it may be ahead of PostgreSQL by what that took. */
    private static final Duration LEAD = Duration.ofSeconds(30);

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private final String topic = KAFKA.newTopic(1);
    private final BillingStack stack =
            new BillingStack(POSTGRES.createDatabase(), KAFKA.bootstrapServers(), topic, PER_MINUTE, 1_000_000);

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        stack.close();
    }

    @Test
    void daysAndMinutesArePostgresqls() throws Exception {
        stack.worker();
        List<Caller> callers = new ArrayList<>();
        for (int hours : new int[] {-1, 0, 1}) {
            callers.add(stack.skewedExecutor("skewed" + hours, Duration.ofHours(hours)));
        }
        Instant before = now();
        long acknowledged = 0;
        for (int call = 0; call < CALLS_EACH; call++) {
            for (Caller caller : callers) {
                acknowledged += caller.call(Caller.sample("hello")) instanceof Acknowledged ? 1 : 0;
            }
        }
        Instant after = now();

        stack.awaitNumber("SELECT count(*) FROM usage_logs WHERE charged", acknowledged);
        assertThat(times("SELECT admitted_at FROM usage_logs"))
                .allSatisfy(admitted -> assertThat(admitted).isBetween(before, after.plus(LEAD)));
        assertThat(stack.number("SELECT count(*) FROM usage_logs WHERE day <> (admitted_at AT TIME ZONE 'UTC')::date"))
                .isZero();
        assertThat(stack.number("""
                SELECT coalesce(max(admitted), 0) FROM (
                    SELECT count(*) AS admitted FROM usage_logs GROUP BY date_trunc('minute', admitted_at)) m
                """)).isBetween(1L, (long) PER_MINUTE);
        assertThat(times("SELECT minute FROM minute_grants"))
                .allSatisfy(
                        minute -> assertThat(minute).isBetween(before.minus(Duration.ofMinutes(1)), after.plus(LEAD)));
        assertThat(stack.number("SELECT max(granted) FROM minute_grants")).isBetween(1L, (long) PER_MINUTE);

        // What their clocks say is seen in the ends of their leases, and nowhere else.
        stack.awaitNumber("SELECT count(*) FROM quota_leases WHERE state <> 'closed'", 0);
        List<Instant> ends = endsOfLeases();
        assertThat(ends).anySatisfy(end -> assertThat(end).isBefore(before.minus(Duration.ofMinutes(30))));
        assertThat(ends).anySatisfy(end -> assertThat(end).isAfter(after.plus(Duration.ofMinutes(30))));
        stack.assertReconciled(directory);
    }

    private Instant now() {
        return times("SELECT now()").get(0);
    }

    private List<Instant> times(String sql) {
        return stack
                .jdbi()
                .withHandle(handle ->
                        handle.createQuery(sql).mapTo(OffsetDateTime.class).list())
                .stream()
                .map(OffsetDateTime::toInstant)
                .toList();
    }

    private List<Instant> endsOfLeases() throws Exception {
        List<Instant> ends = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", KAFKA.bootstrapServers()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            while (consumer.position(partition) < end) {
                for (var message : consumer.poll(Duration.ofSeconds(1))) {
                    ExecutionLogRecord read = ExecutionLogRecord.parseFrom(message.value());
                    if (read.hasLeaseClosed()) {
                        Timestamp closed = read.getLeaseClosed().getClosedAt();
                        ends.add(Instant.ofEpochSecond(closed.getSeconds(), closed.getNanos()));
                    }
                }
            }
        }
        return ends;
    }
}

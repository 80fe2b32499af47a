package io.wasmwiz.executor;

import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.events.v1.ExecutionLogRecord;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.core.ConditionFactory;

/** What is in the execution log so far. For one thread. */
final class ExecutionLogReader implements AutoCloseable {
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<ExecutionLogRecord> records = new ArrayList<>();
    private final List<byte[]> bytes = new ArrayList<>();

    ExecutionLogReader(String bootstrapServers, String topic) {
        consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(partition -> new TopicPartition(topic, partition.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    ExecutionEvent awaitExecution(String executionId) {
        UUID id = UUID.fromString(executionId);
        return awaitExecution(event -> uuid(event.getExecutionId()).equals(id));
    }

    ExecutionEvent awaitExecution(Predicate<ExecutionEvent> wanted) {
        Optional<ExecutionEvent> there = find(wanted);
        return there.isPresent()
                ? there.get()
                : reading()
                        .until(() -> poll().find(wanted), Optional::isPresent)
                        .orElseThrow();
    }

    /** Waits for so many executions of an account; all that were read by then, which may be more. */
    List<ExecutionEvent> awaitExecutions(UUID accountId, int count) {
        return reading().until(() -> poll().executions(accountId), executions -> executions.size() >= count);
    }

    /** Waits no longer between looks: reading does. */
    private static ConditionFactory reading() {
        return await().pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .atMost(20, TimeUnit.SECONDS);
    }

    private Optional<ExecutionEvent> find(Predicate<ExecutionEvent> wanted) {
        return executions().filter(wanted).findFirst();
    }

    private Stream<ExecutionEvent> executions() {
        return records.stream().filter(ExecutionLogRecord::hasExecution).map(ExecutionLogRecord::getExecution);
    }

    /** The executions of an account that were read so far. */
    List<ExecutionEvent> executions(UUID accountId) {
        return executions()
                .filter(event -> uuid(event.getUserId()).equals(accountId))
                .toList();
    }

    /** Whether the log has the end of this lease. */
    boolean hasLeaseClosed(String leaseId) {
        poll();
        UUID id = UUID.fromString(leaseId);
        return records.stream()
                .filter(ExecutionLogRecord::hasLeaseClosed)
                .anyMatch(record -> uuid(record.getLeaseClosed().getLeaseId()).equals(id));
    }

    /** Everything that was read, as it was on the wire: keys, values and headers. */
    List<byte[]> bytes() {
        poll();
        return List.copyOf(bytes);
    }

    private ExecutionLogReader poll() {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
            bytes.add(record.key());
            bytes.add(record.value());
            record.headers().forEach(header -> bytes.add(header.value()));
            try {
                records.add(ExecutionLogRecord.parseFrom(record.value()));
            } catch (InvalidProtocolBufferException e) {
                throw new AssertionError(e);
            }
        }
        return this;
    }

    static UUID uuid(ByteString bytes) {
        ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    @Override
    public void close() {
        consumer.close();
    }
}

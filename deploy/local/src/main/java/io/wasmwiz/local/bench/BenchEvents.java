package io.wasmwiz.local.bench;

import com.fasterxml.uuid.Generators;
import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.events.v1.ExecutionLogRecord;
import io.wasmwiz.events.v1.ExecutionStatus;
import io.wasmwiz.events.v1.LeaseClosed;
import io.wasmwiz.events.v1.LeaseCloser;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Publishes what executors publish. Not thread-safe; its opener closes it. */
final class BenchEvents implements AutoCloseable {
    private static final TimeBasedEpochGenerator IDS = Generators.timeBasedEpochGenerator();

    private final String topic;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    BenchEvents(String bootstrapServers, String topic) {
        this.topic = topic;
        this.producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.LINGER_MS_CONFIG,
                        5,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        120_000),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** A charged execution of today; {@code lag} learns when it is acknowledged. */
    void execution(UUID account, UUID key, UUID lease, Instant now, @Nullable CountedLag lag) {
        ExecutionEvent event = ExecutionEvent.newBuilder()
                .setExecutionId(bytes(IDS.construct(now.toEpochMilli())))
                .setUserId(bytes(account))
                .setApiKeyId(bytes(key))
                .setModuleDigest(ByteString.copyFrom(new byte[32]))
                .setTier(BenchLedger.TIER)
                .setTierVersion(1)
                .setLeaseId(bytes(lease))
                .setStatus(ExecutionStatus.EXECUTION_STATUS_COMPLETED)
                .setExitCode(0)
                .setAdmittedAt(
                        Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()))
                .setWallTimeUs(1_500)
                .setCpuTimeUs(1_200)
                .setQueueTimeUs(30)
                .setPeakMemoryBytes(65_536)
                .setModuleBytes(2_048)
                .setInputBytes(12)
                .setOutputBytes(34)
                .setCacheHit(true)
                .setCharged(true)
                .setExecutorId("bench")
                .build();
        send(account, ExecutionLogRecord.newBuilder().setExecution(event).build(), lag);
    }

    /** The end of a lease. */
    void leaseClosed(UUID account, UUID lease) {
        LeaseClosed end = LeaseClosed.newBuilder()
                .setLeaseId(bytes(lease))
                .setUserId(bytes(account))
                .setCloser(LeaseCloser.LEASE_CLOSER_EXECUTOR)
                .build();
        send(account, ExecutionLogRecord.newBuilder().setLeaseClosed(end).build(), null);
    }

    private void send(UUID account, ExecutionLogRecord value, @Nullable CountedLag lag) {
        byte[] key = ExecutionLog.key(account).getBytes(StandardCharsets.UTF_8);
        var unused = producer.send(new ProducerRecord<>(topic, key, value.toByteArray()), (metadata, e) -> {
            if (e != null) {
                failure.set(e);
            } else if (lag != null) {
                lag.acknowledged(metadata.partition(), metadata.offset());
            }
        });
    }

    /** Waits until everything is in the log. */
    void flush() {
        producer.flush();
        Exception cause = failure.get();
        if (cause != null) {
            throw new IllegalStateException("the log did not take everything", cause);
        }
    }

    private static ByteString bytes(UUID id) {
        return ByteString.copyFrom(ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .flip());
    }

    @Override
    public void close() {
        producer.close();
    }
}

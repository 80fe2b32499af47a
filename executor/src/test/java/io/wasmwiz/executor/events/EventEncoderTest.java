package io.wasmwiz.executor.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Timestamps;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.events.v1.ExecutionLogRecord;
import io.wasmwiz.events.v1.LeaseClosed;
import io.wasmwiz.events.v1.LeaseCloser;
import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.sandbox.TrapKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EventEncoderTest {
    private final EventEncoder encoder = new EventEncoder("topic-1", "executor-1");
    private final UUID account = UUID.randomUUID();

    @Test
    void writesAnExecutionWithItsKeyAndHeaders() throws Exception {
        ExecutionRecord execution = ExecutionRecords.trapped(account);

        ProducerRecord<byte[], byte[]> record = encoder.encode(execution);

        assertThat(record.topic()).isEqualTo("topic-1");
        assertThat(record.partition()).isNull();
        assertThat(new String(record.key(), StandardCharsets.UTF_8)).isEqualTo(account.toString());
        assertThat(headers(record))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "ce_specversion", "1.0",
                        "ce_id", execution.executionId().toString(),
                        "ce_source", "/wasmwiz/executors/executor-1",
                        "ce_type", "io.wasmwiz.execution.v1",
                        "ce_time", "2026-05-06T07:08:09.123456Z",
                        "content-type", "application/protobuf"));
        ExecutionEvent event = ExecutionLogRecord.parseFrom(record.value()).getExecution();
        assertThat(event)
                .isEqualTo(ExecutionEvent.newBuilder()
                        .setExecutionId(bytes(execution.executionId()))
                        .setUserId(bytes(account))
                        .setApiKeyId(bytes(execution.apiKeyId().orElseThrow()))
                        .setModuleDigest(
                                ByteString.copyFrom(execution.moduleDigest().sha256()))
                        .setTier("Free")
                        .setTierVersion(3)
                        .setLeaseId(bytes(execution.leaseId()))
                        .setRequestId(bytes(execution.requestId().orElseThrow()))
                        .setBatchId(bytes(execution.batchId().orElseThrow()))
                        .setItemId(execution.itemId())
                        .setStatus(io.wasmwiz.events.v1.ExecutionStatus.EXECUTION_STATUS_TRAPPED)
                        .setTrap(io.wasmwiz.events.v1.TrapKind.TRAP_KIND_MEMORY_OUT_OF_BOUNDS)
                        .setAdmittedAt(Timestamps.parse("2026-05-06T07:08:09.123456Z"))
                        .setWallTimeUs(1)
                        .setCpuTimeUs(2)
                        .setQueueTimeUs(3)
                        .setPeakMemoryBytes(4)
                        .setModuleBytes(5)
                        .setInputBytes(6)
                        .setOutputBytes(7)
                        .setCacheHit(true)
                        .setOutputLost(true)
                        .setCharged(true)
                        .setExecutorId("executor-1")
                        .build());
    }

    @Test
    void writesTheEndOfALease() throws Exception {
        UUID lease = UUID.randomUUID();

        ProducerRecord<byte[], byte[]> record =
                encoder.encodeClose(account, lease, Instant.parse("2026-05-06T07:08:09Z"));

        assertThat(headers(record))
                .containsEntry("ce_type", "io.wasmwiz.lease_closed.v1")
                .containsEntry("ce_id", lease.toString())
                .containsEntry("ce_time", "2026-05-06T07:08:09Z");
        assertThat(new String(record.key(), StandardCharsets.UTF_8)).isEqualTo(account.toString());
        assertThat(ExecutionLogRecord.parseFrom(record.value()).getLeaseClosed())
                .isEqualTo(LeaseClosed.newBuilder()
                        .setLeaseId(bytes(lease))
                        .setUserId(bytes(account))
                        .setCloser(LeaseCloser.LEASE_CLOSER_EXECUTOR)
                        .setClosedAt(Timestamps.parse("2026-05-06T07:08:09Z"))
                        .build());
    }

    @ParameterizedTest
    @EnumSource(ExecutionStatus.class)
    void statusesHaveTheWordsOfTheLog(ExecutionStatus status) {
        assertThat(EventEncoder.status(status).name()).isEqualTo("EXECUTION_STATUS_" + status.name());
    }

    @ParameterizedTest
    @EnumSource(TrapKind.class)
    void trapsHaveTheWordsOfTheLog(TrapKind trap) {
        assertThat(EventEncoder.trap(trap).name()).isEqualTo("TRAP_KIND_" + trap.name());
    }

    private static Map<String, String> headers(ProducerRecord<byte[], byte[]> record) {
        Map<String, String> headers = new LinkedHashMap<>();
        record.headers()
                .forEach(header -> headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
        return headers;
    }

    private static ByteString bytes(UUID id) {
        return ByteString.copyFrom(ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array());
    }
}

package io.wasmwiz.executor.events;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UnsafeByteOperations;
import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.events.v1.ExecutionLogRecord;
import io.wasmwiz.events.v1.ExecutionStatus;
import io.wasmwiz.events.v1.LeaseClosed;
import io.wasmwiz.events.v1.LeaseCloser;
import io.wasmwiz.events.v1.TrapKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Writes records of the log: a protobuf message, keyed by account, with CloudEvents headers in binary mode (CloudEvents
 * Kafka protocol binding 1.0.2, section 3.2). Immutable.
 */
final class EventEncoder {
    private static final byte[] SPEC_VERSION = utf8("1.0");
    private static final byte[] CONTENT_TYPE = utf8("application/protobuf");

    private final String topic;
    private final String executorId;
    private final byte[] source;

    EventEncoder(String topic, String executorId) {
        this.topic = topic;
        this.executorId = executorId;
        this.source = utf8("/wasmwiz/executors/" + executorId);
    }

    ProducerRecord<byte[], byte[]> encode(ExecutionRecord execution) {
        return record(
                execution.accountId(),
                execution.executionId(),
                ExecutionLog.EXECUTION_TYPE,
                execution.admittedAt(),
                ExecutionLogRecord.newBuilder().setExecution(event(execution)).build());
    }

    ProducerRecord<byte[], byte[]> encodeClose(UUID accountId, UUID leaseId, Instant closedAt) {
        LeaseClosed closed = LeaseClosed.newBuilder()
                .setLeaseId(bytes(leaseId))
                .setUserId(bytes(accountId))
                .setCloser(LeaseCloser.LEASE_CLOSER_EXECUTOR)
                .setClosedAt(timestamp(closedAt))
                .build();
        return record(
                accountId,
                leaseId,
                ExecutionLog.LEASE_CLOSED_TYPE,
                closedAt,
                ExecutionLogRecord.newBuilder().setLeaseClosed(closed).build());
    }

    private ExecutionEvent event(ExecutionRecord execution) {
        ExecutionEvent.Builder event = ExecutionEvent.newBuilder()
                .setExecutionId(bytes(execution.executionId()))
                .setUserId(bytes(execution.accountId()))
                .setModuleDigest(
                        UnsafeByteOperations.unsafeWrap(execution.moduleDigest().sha256()))
                .setTier(execution.tier())
                .setTierVersion(execution.tierVersion())
                .setLeaseId(bytes(execution.leaseId()))
                .setItemId(execution.itemId())
                .setStatus(status(execution.status()))
                .setAdmittedAt(timestamp(execution.admittedAt()))
                .setWallTimeUs(execution.wallTimeMicros())
                .setCpuTimeUs(execution.cpuTimeMicros())
                .setQueueTimeUs(execution.queueTimeMicros())
                .setPeakMemoryBytes(execution.peakMemoryBytes())
                .setModuleBytes(execution.moduleBytes())
                .setInputBytes(execution.inputBytes())
                .setOutputBytes(execution.outputBytes())
                .setCacheHit(execution.cacheHit())
                .setOutputTruncated(execution.outputTruncated())
                .setOutputLost(execution.outputLost())
                .setCharged(execution.charged())
                .setExecutorId(executorId);
        execution.apiKeyId().ifPresent(id -> event.setApiKeyId(bytes(id)));
        execution.requestId().ifPresent(id -> event.setRequestId(bytes(id)));
        execution.batchId().ifPresent(id -> event.setBatchId(bytes(id)));
        execution.exitCode().ifPresent(event::setExitCode);
        execution.trap().ifPresent(trap -> event.setTrap(trap(trap)));
        return event.build();
    }

    private ProducerRecord<byte[], byte[]> record(
            UUID accountId, UUID id, String type, Instant time, ExecutionLogRecord message) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, utf8(ExecutionLog.key(accountId)), message.toByteArray());
        record.headers()
                .add("ce_specversion", SPEC_VERSION)
                .add("ce_id", utf8(id.toString()))
                .add("ce_source", source)
                .add("ce_type", utf8(type))
                .add("ce_time", utf8(time.toString()))
                .add("content-type", CONTENT_TYPE);
        return record;
    }

    static ExecutionStatus status(io.wasmwiz.executor.execution.ExecutionStatus status) {
        return switch (status) {
            case COMPLETED -> ExecutionStatus.EXECUTION_STATUS_COMPLETED;
            case FAILED -> ExecutionStatus.EXECUTION_STATUS_FAILED;
            case TRAPPED -> ExecutionStatus.EXECUTION_STATUS_TRAPPED;
            case TIMED_OUT -> ExecutionStatus.EXECUTION_STATUS_TIMED_OUT;
            case CANCELLED -> ExecutionStatus.EXECUTION_STATUS_CANCELLED;
            case MEMORY_LIMIT -> ExecutionStatus.EXECUTION_STATUS_MEMORY_LIMIT;
            case SANDBOX_CRASHED -> ExecutionStatus.EXECUTION_STATUS_SANDBOX_CRASHED;
        };
    }

    static TrapKind trap(io.wasmwiz.executor.sandbox.TrapKind trap) {
        return switch (trap) {
            case UNREACHABLE -> TrapKind.TRAP_KIND_UNREACHABLE;
            case STACK_OVERFLOW -> TrapKind.TRAP_KIND_STACK_OVERFLOW;
            case MEMORY_OUT_OF_BOUNDS -> TrapKind.TRAP_KIND_MEMORY_OUT_OF_BOUNDS;
            case TABLE_OUT_OF_BOUNDS -> TrapKind.TRAP_KIND_TABLE_OUT_OF_BOUNDS;
            case INDIRECT_CALL_TO_NULL -> TrapKind.TRAP_KIND_INDIRECT_CALL_TO_NULL;
            case BAD_SIGNATURE -> TrapKind.TRAP_KIND_BAD_SIGNATURE;
            case INTEGER_OVERFLOW -> TrapKind.TRAP_KIND_INTEGER_OVERFLOW;
            case INTEGER_DIVISION_BY_ZERO -> TrapKind.TRAP_KIND_INTEGER_DIVISION_BY_ZERO;
            case BAD_CONVERSION_TO_INTEGER -> TrapKind.TRAP_KIND_BAD_CONVERSION_TO_INTEGER;
            case HEAP_MISALIGNED -> TrapKind.TRAP_KIND_HEAP_MISALIGNED;
            case INSTANTIATION -> TrapKind.TRAP_KIND_INSTANTIATION;
            case OTHER -> TrapKind.TRAP_KIND_OTHER;
        };
    }

    private static ByteString bytes(UUID id) {
        return UnsafeByteOperations.unsafeWrap(ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .flip());
    }

    private static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

package io.wasmwiz.metering;

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
import java.util.Random;
import java.util.UUID;

/** Valid events to start from. */
public final class EventFixture {
    private static final TimeBasedEpochGenerator IDS = new TimeBasedEpochGenerator(new Random(1));

    private EventFixture() {}

    /** A charged, completed execution admitted at {@code at}. */
    public static ExecutionEvent.Builder execution(UUID accountId, UUID leaseId, Instant at) {
        return ExecutionEvent.newBuilder()
                .setExecutionId(bytes(idAt(at)))
                .setUserId(bytes(accountId))
                .setModuleDigest(ByteString.copyFrom(new byte[32]))
                .setTier("Free")
                .setTierVersion(1)
                .setLeaseId(bytes(leaseId))
                .setStatus(ExecutionStatus.EXECUTION_STATUS_COMPLETED)
                .setExitCode(0)
                .setAdmittedAt(time(at))
                .setWallTimeUs(1_500)
                .setCpuTimeUs(1_200)
                .setQueueTimeUs(30)
                .setPeakMemoryBytes(65_536)
                .setModuleBytes(2_048)
                .setInputBytes(12)
                .setOutputBytes(34)
                .setCacheHit(true)
                .setCharged(true)
                .setExecutorId("executor-1");
    }

    /** A UUIDv7 of the time {@code at}. */
    public static UUID idAt(Instant at) {
        return IDS.construct(at.toEpochMilli());
    }

    public static Timestamp time(Instant at) {
        return Timestamp.newBuilder()
                .setSeconds(at.getEpochSecond())
                .setNanos(at.getNano())
                .build();
    }

    public static byte[] value(ExecutionEvent.Builder event) {
        return ExecutionLogRecord.newBuilder().setExecution(event).build().toByteArray();
    }

    public static LeaseClosed.Builder leaseClosed(UUID accountId, UUID leaseId) {
        return LeaseClosed.newBuilder()
                .setLeaseId(bytes(leaseId))
                .setUserId(bytes(accountId))
                .setCloser(LeaseCloser.LEASE_CLOSER_EXECUTOR);
    }

    public static byte[] value(LeaseClosed.Builder close) {
        return ExecutionLogRecord.newBuilder().setLeaseClosed(close).build().toByteArray();
    }

    public static byte[] key(UUID accountId) {
        return ExecutionLog.key(accountId).getBytes(StandardCharsets.UTF_8);
    }

    public static ByteString bytes(UUID id) {
        return ByteString.copyFrom(ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .flip());
    }

    public static UUID uuid(ByteString bytes) {
        ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
        return new UUID(buffer.getLong(), buffer.getLong());
    }
}

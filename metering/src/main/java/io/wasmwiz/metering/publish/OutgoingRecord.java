package io.wasmwiz.metering.publish;

import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.events.v1.ExecutionLogRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A record to publish.
 *
 * @param id {@code ce_id}, and what its sender knows it by
 * @param type {@code ce_type}; empty where nobody knows what the record is
 * @param time {@code ce_time}
 */
public record OutgoingRecord(String id, String type, Instant time, byte @Nullable [] key, byte[] value) {
    /** The end of a lease. */
    public static OutgoingRecord leaseClosed(UUID leaseId, UUID accountId, Instant time, ExecutionLogRecord message) {
        return new OutgoingRecord(
                leaseId.toString(),
                ExecutionLog.LEASE_CLOSED_TYPE,
                time,
                ExecutionLog.key(accountId).getBytes(StandardCharsets.UTF_8),
                message.toByteArray());
    }
}

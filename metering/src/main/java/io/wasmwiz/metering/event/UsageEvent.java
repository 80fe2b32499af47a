package io.wasmwiz.metering.event;

import java.time.Instant;
import java.time.LocalDate;
import java.util.OptionalInt;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One execution with every field inside the bounds of {@code usage_logs}.
 *
 * @param executionId UUIDv7; its UTC day is {@code day} and the day of {@code admittedAt}
 * @param apiKeyId null for development calls without a key
 * @param moduleDigest SHA-256, 32 bytes; not to be changed
 * @param leaseId null when it names none
 * @param status in the words of {@code usage_logs.status}
 * @param trap in the words of {@code usage_logs.trap}; null when the guest did not trap
 * @param admittedAt to the microsecond
 * @param asksCharge whether the executor asks to charge it; the ledger decides
 */
public record UsageEvent(
        UUID executionId,
        LocalDate day,
        UUID accountId,
        @Nullable UUID apiKeyId,
        byte[] moduleDigest,
        String tier,
        int tierVersion,
        @Nullable UUID leaseId,
        @Nullable UUID requestId,
        @Nullable UUID batchId,
        @Nullable String itemId,
        String status,
        OptionalInt exitCode,
        @Nullable String trap,
        Instant admittedAt,
        long wallTimeMicros,
        long cpuTimeMicros,
        long queueTimeMicros,
        long peakMemoryBytes,
        long moduleBytes,
        long inputBytes,
        long outputBytes,
        boolean cacheHit,
        boolean outputTruncated,
        boolean outputLost,
        boolean asksCharge) {}

package io.wasmwiz.executor.events;

import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.TrapKind;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * One execution as the ledger knows it: the receipt's figures and who pays. Units and bounds as in
 * {@code wasmwiz.v1.Receipt}.
 */
public record ExecutionRecord(
        UUID executionId,
        UUID accountId,
        Optional<UUID> apiKeyId,
        ModuleDigest moduleDigest,
        String tier,
        int tierVersion,
        UUID leaseId,
        Optional<UUID> requestId,
        Optional<UUID> batchId,
        String itemId,
        ExecutionStatus status,
        OptionalInt exitCode,
        Optional<TrapKind> trap,
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
        boolean charged) {}

package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.events.ExecutionRecord;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.TrapKind;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * What an execution cost; units and bounds as in {@code wasmwiz.v1.Receipt}. Made of the event that is sent, or of the
 * ledger's row, and equal in both cases but for {@code quotaRemaining}, which the ledger does not keep (0 there).
 */
public record Receipt(
        UUID executionId,
        ExecutionStatus status,
        OptionalInt exitCode,
        Optional<TrapKind> trap,
        Instant admittedAt,
        ModuleDigest moduleDigest,
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
        boolean charged,
        String tier,
        int tierVersion,
        long quotaRemaining,
        Optional<UUID> leaseId,
        Optional<UUID> requestId,
        Optional<UUID> batchId,
        String itemId) {
    /** The receipt of an execution whose event is durable. */
    static Receipt of(ExecutionRecord execution, long quotaRemaining) {
        return new Receipt(
                execution.executionId(),
                execution.status(),
                execution.exitCode(),
                execution.trap(),
                execution.admittedAt(),
                execution.moduleDigest(),
                execution.wallTimeMicros(),
                execution.cpuTimeMicros(),
                execution.queueTimeMicros(),
                execution.peakMemoryBytes(),
                execution.moduleBytes(),
                execution.inputBytes(),
                execution.outputBytes(),
                execution.cacheHit(),
                execution.outputTruncated(),
                execution.outputLost(),
                execution.charged(),
                execution.tier(),
                execution.tierVersion(),
                quotaRemaining,
                Optional.of(execution.leaseId()),
                execution.requestId(),
                execution.batchId(),
                execution.itemId());
    }
}

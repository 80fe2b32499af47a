package io.wasmwiz.executor.usage;

import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.execution.Receipt;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.TrapKind;
import io.wasmwiz.testing.TestDatabase;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/** Rows of {@code usage_logs}, written with the rights of metering. */
public final class LedgerRows {
    private LedgerRows() {}

    /** The receipt of a run that completed. */
    public static Receipt completed(Instant at) {
        return receipt(at, ExecutionStatus.COMPLETED, OptionalInt.of(0), Optional.empty(), true);
    }

    /** A receipt of every status and trap, seconds apart. */
    public static List<Receipt> oneOfEachKind(Instant at) {
        List<Receipt> receipts = new ArrayList<>();
        for (ExecutionStatus status : ExecutionStatus.values()) {
            receipts.add(receipt(
                    at.plusSeconds(receipts.size()),
                    status,
                    status == ExecutionStatus.FAILED ? OptionalInt.of(200) : OptionalInt.empty(),
                    Optional.empty(),
                    receipts.size() % 2 == 0));
        }
        for (TrapKind trap : TrapKind.values()) {
            receipts.add(receipt(
                    at.plusSeconds(receipts.size()),
                    ExecutionStatus.TRAPPED,
                    OptionalInt.of(0),
                    Optional.of(trap),
                    receipts.size() % 2 == 0));
        }
        return receipts;
    }

    static Receipt receipt(
            Instant at, ExecutionStatus status, OptionalInt exitCode, Optional<TrapKind> trap, boolean charged) {
        return new Receipt(
                UUID.randomUUID(),
                status,
                exitCode,
                trap,
                at,
                ModuleDigest.of(new byte[] {1}),
                1,
                2,
                3,
                65_536,
                5,
                6,
                7,
                true,
                false,
                !charged,
                charged,
                "Free",
                1,
                0,
                Optional.of(UUID.randomUUID()),
                Optional.empty(),
                charged ? Optional.of(UUID.randomUUID()) : Optional.empty(),
                charged ? "item" : "");
    }

    private static final String INSERT = """
            INSERT INTO usage_logs (day, execution_id, user_id, module_digest, tier, tier_version, lease_id, request_id,
                batch_id, item_id, status, exit_code, trap, admitted_at, wall_time_us, cpu_time_us, queue_time_us,
                peak_memory_bytes, module_bytes, input_bytes, output_bytes, cache_hit, output_truncated, output_lost,
                charged, uncharged_cause, log_partition, log_offset)
            VALUES (:day, :id, :account, :digest, :tier, :version, CAST(:lease AS uuid), CAST(:request AS uuid),
                CAST(:batch AS uuid), :item, :status, CAST(:exit AS smallint), :trap, :at, :wall, :cpu, :queue, :peak,
                :module, :input, :output, :cached, :truncated, :lost, :charged, :cause, 0, 0)
            """;

    /** Adds {@code receipt} to the account's rows, and its day's partition where there is none. */
    public static void insert(TestDatabase database, UUID account, Receipt receipt) {
        var day = receipt.admittedAt().atOffset(ZoneOffset.UTC).toLocalDate();
        database.ensurePartition(day);
        database.jdbi("wasmwiz_metering")
                .useHandle(handle -> handle.createUpdate(INSERT)
                        .bind("day", day)
                        .bind("id", receipt.executionId())
                        .bind("account", account)
                        .bind("digest", receipt.moduleDigest().sha256())
                        .bind("tier", receipt.tier())
                        .bind("version", receipt.tierVersion())
                        .bind("lease", receipt.leaseId().orElse(null))
                        .bind("request", receipt.requestId().orElse(null))
                        .bind("batch", receipt.batchId().orElse(null))
                        .bind("item", receipt.itemId().isEmpty() ? null : receipt.itemId())
                        .bind("status", receipt.status().name().toLowerCase(Locale.ROOT))
                        .bind(
                                "exit",
                                receipt.exitCode().isPresent()
                                        ? receipt.exitCode().getAsInt()
                                        : null)
                        .bind(
                                "trap",
                                receipt.trap()
                                        .map(kind -> kind.name().toLowerCase(Locale.ROOT))
                                        .orElse(null))
                        .bind("at", receipt.admittedAt().atOffset(ZoneOffset.UTC))
                        .bind("wall", receipt.wallTimeMicros())
                        .bind("cpu", receipt.cpuTimeMicros())
                        .bind("queue", receipt.queueTimeMicros())
                        .bind("peak", receipt.peakMemoryBytes())
                        .bind("module", receipt.moduleBytes())
                        .bind("input", receipt.inputBytes())
                        .bind("output", receipt.outputBytes())
                        .bind("cached", receipt.cacheHit())
                        .bind("truncated", receipt.outputTruncated())
                        .bind("lost", receipt.outputLost())
                        .bind("charged", receipt.charged())
                        .bind("cause", receipt.charged() ? null : "not_chargeable")
                        .execute());
    }
}

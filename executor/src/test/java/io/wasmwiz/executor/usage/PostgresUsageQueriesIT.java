package io.wasmwiz.executor.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.execution.Receipt;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.TrapKind;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** With the rights of the executor's role. */
class PostgresUsageQueriesIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00.123456Z");

    private final TestDatabase database = POSTGRES.createDatabase();
    private final UsageQueries usage = new PostgresUsageQueries(database.jdbi("wasmwiz_executor"));
    private final UUID account = database.insertAccount("tenant", "Free");

    private static final String INSERT = """
            INSERT INTO usage_logs (day, execution_id, user_id, module_digest, tier, tier_version, lease_id, request_id,
                batch_id, item_id, status, exit_code, trap, admitted_at, wall_time_us, cpu_time_us, queue_time_us,
                peak_memory_bytes, module_bytes, input_bytes, output_bytes, cache_hit, output_truncated, output_lost,
                charged, uncharged_cause, log_partition, log_offset)
            VALUES (:day, :id, :account, :digest, :tier, :version, CAST(:lease AS uuid), CAST(:request AS uuid), CAST(:batch AS uuid), :item, :status, CAST(:exit AS smallint), :trap,
                :at, :wall, :cpu, :queue, :peak, :module, :input, :output, :cached, :truncated, :lost, :charged, :cause,
                0, 0)
            """;

    @Test
    void givesBackTheReceiptThatWasSent() {
        Receipt trapped = receipt(
                NOON,
                ExecutionStatus.TRAPPED,
                OptionalInt.empty(),
                Optional.of(TrapKind.BAD_CONVERSION_TO_INTEGER),
                true);
        Receipt crashed = receipt(
                NOON.plusSeconds(1), ExecutionStatus.SANDBOX_CRASHED, OptionalInt.empty(), Optional.empty(), false);
        Receipt completed =
                receipt(NOON.plusSeconds(2), ExecutionStatus.COMPLETED, OptionalInt.of(0), Optional.empty(), true);
        List.of(trapped, crashed, completed).forEach(this::insert);

        assertThat(usage.executions(account, Optional.empty(), 10)).containsExactly(completed, crashed, trapped);
    }

    @Test
    void pagesThroughDaysNewestFirstWhateverTheTies() {
        List<Receipt> all = new ArrayList<>();
        IntStream.range(0, 9)
                .forEach(i -> all.add(receipt(
                        NOON.plusSeconds(86_400L * (i / 4)),
                        ExecutionStatus.COMPLETED,
                        OptionalInt.of(0),
                        Optional.empty(),
                        true)));
        all.forEach(this::insert);

        List<Receipt> read = new ArrayList<>();
        Optional<UsageQueries.Position> after = Optional.empty();
        for (List<Receipt> page = usage.executions(account, after, 2);
                !page.isEmpty();
                page = usage.executions(account, after, 2)) {
            read.addAll(page);
            Receipt last = page.get(page.size() - 1);
            after = Optional.of(new UsageQueries.Position(last.admittedAt(), last.executionId()));
        }

        assertThat(read).containsExactlyInAnyOrderElementsOf(all);
        assertThat(read).isSortedAccordingTo((a, b) -> b.admittedAt().compareTo(a.admittedAt()));
    }

    @Test
    void showsOnlyTheCallersOwn() {
        insert(receipt(NOON, ExecutionStatus.COMPLETED, OptionalInt.of(0), Optional.empty(), true));

        assertThat(usage.executions(UUID.randomUUID(), Optional.empty(), 10)).isEmpty();
    }

    @Test
    void readsTodaysCounters() {
        database.jdbi()
                .useHandle(handle -> handle.createUpdate(
                                "UPDATE daily_tier_counters SET held = 7, charged = 3, executions = 4 WHERE user_id = :id")
                        .bind("id", account)
                        .execute());

        DailyQuota today = usage.today(account, "Free");
        DailyQuota none = usage.today(account, "Pro");

        assertThat(today.held()).isEqualTo(7);
        assertThat(today.charged()).isEqualTo(3);
        assertThat(today.executions()).isEqualTo(4);
        assertThat(none.held()).isZero();
        assertThat(today.resetsAt().getEpochSecond() % 86_400).isZero();
    }

    private static Receipt receipt(
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

    private void insert(Receipt receipt) {
        var day = receipt.admittedAt().atOffset(ZoneOffset.UTC).toLocalDate();
        database.ensurePartition(day);
        database.jdbi()
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

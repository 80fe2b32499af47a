package io.wasmwiz.executor.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.claims.PostgresBatchClaims;
import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.execution.Receipt;
import io.wasmwiz.executor.sandbox.TrapKind;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    @Test
    void givesBackTheReceiptThatWasSent() {
        Receipt trapped = LedgerRows.receipt(
                NOON,
                ExecutionStatus.TRAPPED,
                OptionalInt.empty(),
                Optional.of(TrapKind.BAD_CONVERSION_TO_INTEGER),
                true);
        Receipt crashed = LedgerRows.receipt(
                NOON.plusSeconds(1), ExecutionStatus.SANDBOX_CRASHED, OptionalInt.empty(), Optional.empty(), false);
        Receipt completed = LedgerRows.completed(NOON.plusSeconds(2));
        List.of(trapped, crashed, completed).forEach(this::insert);

        assertThat(usage.executions(account, Optional.empty(), 10)).containsExactly(completed, crashed, trapped);
    }

    @Test
    void pagesThroughDaysNewestFirstWhateverTheTies() {
        List<Receipt> all = new ArrayList<>();
        IntStream.range(0, 9).forEach(i -> all.add(LedgerRows.completed(NOON.plusSeconds(86_400L * (i / 4)))));
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
        insert(LedgerRows.completed(NOON));

        assertThat(usage.executions(UUID.randomUUID(), Optional.empty(), 10)).isEmpty();
    }

    @Test
    void countsWhatABatchHasComeTo() {
        UUID batch = UUID.randomUUID();
        new PostgresBatchClaims(database.jdbi("wasmwiz_executor")).claim(account, batch);
        Instant now = Instant.now();
        insert(LedgerRows.completed(now));
        insert(LedgerRows.completed(now));
        insert(LedgerRows.receipt(now, ExecutionStatus.SANDBOX_CRASHED, OptionalInt.empty(), Optional.empty(), false));
        database.jdbi().useHandle(handle -> handle.execute("UPDATE usage_logs SET batch_id = ?", batch));
        insert(LedgerRows.completed(now));

        BatchCounts counts = usage.batch(account, batch).orElseThrow();
        assertThat(counts.runs())
                .containsOnly(
                        Map.entry(ExecutionStatus.COMPLETED, new BatchCounts.Count(2, 2)),
                        Map.entry(ExecutionStatus.SANDBOX_CRASHED, new BatchCounts.Count(1, 0)));
        assertThat(counts.charged()).isEqualTo(2);
        assertThat(counts.reruns()).isZero();
        assertThat(usage.batch(UUID.randomUUID(), batch)).isEmpty();
        assertThat(usage.batch(account, UUID.randomUUID())).isEmpty();
    }

    @Test
    void readsTodaysCounters() {
        database.jdbi()
                .useHandle(handle -> handle.createUpdate(
                                "UPDATE daily_tier_counters SET held = 7, charged = 3, executions = 4 WHERE user_id = :id")
                        .bind("id", account)
                        .execute());

        QuotaCounts counts = usage.counts(account, "Free", Optional.empty());
        QuotaCounts none = usage.counts(account, "Pro", Optional.empty());

        assertThat(counts.day().held()).isEqualTo(7);
        assertThat(counts.day().limit()).isEqualTo(500);
        assertThat(counts.charged()).isEqualTo(3);
        assertThat(counts.executions()).isEqualTo(4);
        assertThat(counts.day().resetsAt().getEpochSecond() % 86_400).isZero();
        assertThat(counts.minute().limit()).isEqualTo(10);
        assertThat(counts.minute().resetsAt().getEpochSecond() % 60).isZero();
        assertThat(counts.keyDay()).isEmpty();
        assertThat(none.day().held()).isZero();
    }

    @Test
    void readsTheMinuteAndAKeysOwnCounters() {
        UUID key = database.insertKey(account, new byte[32]);
        // Both minutes around now, so that no boundary between writing and reading matters.
        database.jdbi().useHandle(handle -> {
            handle.createUpdate(
                            "UPDATE api_keys SET executions_per_day = 100, executions_per_minute = 5 WHERE id = :key")
                    .bind("key", key)
                    .execute();
            handle.createUpdate(
                            "INSERT INTO minute_grants (user_id, tier, minute, granted) SELECT :id, 'Free',"
                                    + " date_trunc('minute', now(), 'UTC') + n * interval '1 minute', 8 FROM generate_series(0, 1) n")
                    .bind("id", account)
                    .execute();
            handle.createUpdate(
                            "INSERT INTO key_grants (api_key_id, user_id, period, starts_at, granted) SELECT :key, :id, 'day',"
                                    + " date_trunc('day', now(), 'UTC') + n * interval '1 day', 42 FROM generate_series(0, 1) n")
                    .bind("key", key)
                    .bind("id", account)
                    .execute();
        });

        QuotaCounts counts = usage.counts(account, "Free", Optional.of(key));

        assertThat(counts.minute().held()).isEqualTo(8);
        assertThat(counts.keyDay())
                .contains(new QuotaCounts.Window(100, 42, counts.day().resetsAt()));
        assertThat(counts.keyMinute())
                .contains(new QuotaCounts.Window(5, 0, counts.minute().resetsAt()));
        assertThat(usage.counts(UUID.randomUUID(), "Free", Optional.of(key)).keyDay())
                .as("a key of another account")
                .isEmpty();
    }

    private void insert(Receipt receipt) {
        LedgerRows.insert(database, account, receipt);
    }
}

package io.wasmwiz.executor.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.execution.ExecutionStatus;
import io.wasmwiz.executor.execution.Receipt;
import io.wasmwiz.executor.sandbox.TrapKind;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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

    private void insert(Receipt receipt) {
        LedgerRows.insert(database, account, receipt);
    }
}

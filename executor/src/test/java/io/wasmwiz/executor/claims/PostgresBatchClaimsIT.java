package io.wasmwiz.executor.claims;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.claims.BatchClaims.Named;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** With the rights of the executor's role. */
class PostgresBatchClaimsIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    private static final String CHARGE = """
            INSERT INTO usage_logs (day, execution_id, user_id, module_digest, tier, tier_version, lease_id, batch_id,
                item_id, status, admitted_at, wall_time_us, cpu_time_us, queue_time_us, peak_memory_bytes, module_bytes,
                input_bytes, output_bytes, cache_hit, output_truncated, output_lost, charged, log_partition, log_offset)
            VALUES (:day, :execution, :account, decode(repeat('ab', 32), 'hex'), 'Free', 1, :lease, :batch,
                'i', 'completed', :at, 1, 1, 1, 1, 1, 1, 1, true, false, false, true, 0, 0)
            """;
    private static final String LEASE = """
            INSERT INTO quota_leases (id, user_id, tier, day, size, executor, granted_at, use_by)
            VALUES (gen_random_uuid(), :account, 'Free', :day, 5, 'test', CAST(:day AS timestamp) AT TIME ZONE 'UTC',
                    CAST(CAST(:day AS date) + 1 AS timestamp) AT TIME ZONE 'UTC')
            """;
    private static final List<Named> ITEMS =
            IntStream.range(0, 3).mapToObj(i -> named("item-" + i, 1)).toList();

    private final TestDatabase database = POSTGRES.createDatabase();
    private final BatchClaims store = new PostgresBatchClaims(database.jdbi("wasmwiz_executor"));
    private final UUID account = UUID.randomUUID();
    private final UUID batch = UUID.randomUUID();

    @Test
    void givesAnItemOneExecutionIdHoweverOftenItComes() {
        BatchClaim.Granted first = granted(account, batch);
        List<UUID> ids = ids(first, ITEMS);

        assertThat(granted(account, batch)).isEqualTo(first);
        assertThat(ids(granted(account, batch), ITEMS)).isEqualTo(ids).doesNotHaveDuplicates();
        assertThat(ids).allSatisfy(id -> {
            assertThat(id.version()).isEqualTo(7);
            assertThat(id.variant()).isEqualTo(2);
        });
        List<UUID> others = new ArrayList<>(ids);
        others.addAll(ids(first, List.of(named("item-0", 2))));
        others.addAll(ids(granted(account, UUID.randomUUID()), ITEMS));
        others.addAll(ids(granted(UUID.randomUUID(), batch), ITEMS));
        assertThat(others).hasSize(10).doesNotHaveDuplicates();
    }

    @Test
    void letsChargedItemsRunAgainAsOftenAsTheBatchHasSome() {
        BatchClaim.Granted claim = granted(account, batch);
        List<BatchClaim.Item> fresh = store.find(account, claim, ITEMS);
        UUID lease = UUID.randomUUID();
        charge(fresh.get(0), lease);
        charge(fresh.get(2), lease);

        List<BatchClaim.Item> found = store.find(account, claim, ITEMS);
        assertThat(fresh).allMatch(item -> item.payment().isEmpty() && item.mayRun());
        assertThat(found).extracting(BatchClaim.Item::mayRun).containsExactly(true, true, true);
        assertThat(found)
                .extracting(item -> item.payment().map(Claim.Payment::leaseId).orElse(null))
                .containsExactly(lease, null, lease);
        assertThat(found).extracting(BatchClaim.Item::executionId).containsExactlyElementsOf(ids(claim, ITEMS));
        charge(fresh.get(1), lease);
        assertThat(store.find(account, claim, ITEMS))
                .extracting(BatchClaim.Item::mayRun)
                .containsExactly(true, false, false);
        assertThat(store.find(UUID.randomUUID(), claim, ITEMS))
                .allMatch(item -> item.payment().isEmpty());
    }

    @Test
    void goesOnUnderNewIdsOnceNothingOfItsDayCanBeChargedAnyMore() {
        BatchClaim.Granted first = granted(account, batch);
        age(1);
        LocalDate yesterday = first.days().get(0).day().minusDays(1);
        execute(LEASE, yesterday);
        BatchClaim settling = store.claim(account, batch);
        execute("UPDATE quota_leases SET state = 'closed', closed_at = now() WHERE user_id = :account", yesterday);
        BatchClaim.Granted second = granted(account, batch);
        database.jdbi().useHandle(handle -> handle.execute("UPDATE usage_retention SET floor = ?", yesterday));

        assertThat(settling).isEqualTo(new BatchClaim.Refused(Claim.Reason.SETTLING));
        assertThat(second.days())
                .extracting(BatchClaim.Day::day)
                .containsExactly(first.days().get(0).day(), yesterday);
        assertThat(store.find(account, second, ITEMS))
                .extracting(BatchClaim.Item::day)
                .containsOnly(second.days().get(0).day());
        assertThat(store.claim(account, batch)).isEqualTo(new BatchClaim.Refused(Claim.Reason.EXPIRED));
    }

    @Test
    void findsWhatWasChargedOnAnEarlierDay() {
        BatchClaim.Granted first = granted(account, batch);
        age(1);
        BatchClaim.Granted second = granted(account, batch);
        BatchClaim.Day before = second.days().get(1);
        UUID paid = before.executionId(ITEMS.get(1).itemId(), ITEMS.get(1).content());
        charge(new BatchClaim.Item(paid, before.day(), java.util.Optional.empty(), true), UUID.randomUUID());

        List<BatchClaim.Item> found = store.find(account, second, ITEMS);
        assertThat(found.get(1).executionId()).isEqualTo(paid);
        assertThat(found.get(1).day()).isEqualTo(first.days().get(0).day().minusDays(1));
        assertThat(found.get(1).payment()).isPresent();
        assertThat(found.get(0).payment()).isEmpty();
    }

    private static Named named(String itemId, int content) {
        byte[] sha256 = new byte[32];
        sha256[0] = (byte) content;
        return new Named(itemId, new ContentHash(sha256));
    }

    private BatchClaim.Granted granted(UUID accountId, UUID batchId) {
        BatchClaim claim = store.claim(accountId, batchId);
        assertThat(claim).isInstanceOf(BatchClaim.Granted.class);
        return (BatchClaim.Granted) claim;
    }

    private static List<UUID> ids(BatchClaim.Granted claim, List<Named> items) {
        return items.stream()
                .map(item -> claim.days().get(0).executionId(item.itemId(), item.content()))
                .toList();
    }

    private void age(int days) {
        database.jdbi().useHandle(handle -> handle.execute("UPDATE batch_claims SET day = day - ?", days));
    }

    private void execute(String sql, LocalDate day) {
        database.jdbi()
                .useHandle(handle -> handle.createUpdate(sql)
                        .bindMap(Map.of("account", account, "day", day))
                        .execute());
    }

    private void charge(BatchClaim.Item item, UUID lease) {
        database.ensurePartition(item.day());
        database.jdbi()
                .useHandle(handle -> handle.createUpdate(CHARGE)
                        .bind("day", item.day())
                        .bind("execution", item.executionId())
                        .bind("account", account)
                        .bind("lease", lease)
                        .bind("batch", batch)
                        .bind("at", item.day().atTime(1, 2, 3).atOffset(ZoneOffset.UTC))
                        .execute());
    }
}

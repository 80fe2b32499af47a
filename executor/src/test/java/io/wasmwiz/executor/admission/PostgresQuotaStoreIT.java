package io.wasmwiz.executor.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.executor.admission.QuotaRequest.Ask;
import io.wasmwiz.executor.admission.QuotaStore.StoreUnavailableException;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PostgresQuotaStoreIT extends QuotaStoreContract {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    private static final String LEASE = """
            SELECT l.size, l.state, l.executor, l.granted_at = :grantedAt AND l.use_by = :useBy AS same_times,
                   l.day = c.day AS same_day, c.held
            FROM quota_leases l
            JOIN daily_tier_counters c ON c.user_id = l.user_id AND c.tier = l.tier AND c.day = l.day
            WHERE l.id = :lease
            """;
    private static final String FORGET_DAY = "DELETE FROM daily_tier_counters WHERE user_id = :account";

    private static final String LOCK_LEASE = "SELECT id FROM quota_leases WHERE id = :lease FOR UPDATE";
    private static final String OLD_MINUTES = """
            INSERT INTO minute_grants (user_id, tier, minute, granted)
            SELECT :account, 'Free', date_trunc('minute', now(), 'UTC') - ago * interval '1 minute', 1
            FROM unnest(ARRAY[5, 20, 2000]) AS ago
            """;
    private static final String COUNT_MINUTES = "SELECT count(*) FROM minute_grants WHERE user_id = :account";

    private final TestDatabase database = POSTGRES.createDatabase();
    private final Jdbi executor = database.jdbi("wasmwiz_executor");

    @Override
    QuotaStore store(AdmissionConfig config) {
        return new PostgresQuotaStore(executor, new TimedIds(), config);
    }

    @Override
    void settle(UUID leaseId, long charged) {
        Settlement.settle(database.jdbi(), leaseId, charged);
    }

    @Override
    UUID newAccount(String tier) {
        return database.insertAccount("account " + UUID.randomUUID(), tier);
    }

    @Override
    Instant now() {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery("SELECT clock_timestamp()")
                        .mapTo(OffsetDateTime.class)
                        .one())
                .toInstant();
    }

    @Test
    void writesTheLeaseAndRaisesHeldInOneTransaction() {
        UUID account = newAccount("Free");

        QuotaAnswer answer = one().take(day(account, "Free", 4, 1));

        assertThat(row(answer))
                .containsEntry("size", 4L)
                .containsEntry("state", "open")
                .containsEntry("executor", "executor-1")
                .containsEntry("same_times", true)
                .containsEntry("same_day", true)
                .containsEntry("held", 4L);
    }

    @Test
    void opensTheDayWhenNobodyDid() {
        UUID account = newAccount("Free");
        database.jdbi()
                .useHandle(handle ->
                        handle.createUpdate(FORGET_DAY).bind("account", account).execute());

        assertThat(row(one().take(day(account, "Free", 4, 1)))).containsEntry("held", 4L);
    }

    @Test
    void marksLeasesOfOthersWithoutWaitingForMetering() {
        UUID account = newAccount("Free");
        UUID lease =
                one().take(day(account, "Free", 1, 500)).lease().orElseThrow().leaseId();
        QuotaStore other = store(Configs.waiting("executor-2", Duration.ofSeconds(2)));

        // Metering locks leases before counters: whoever waited for it here would deadlock with it.
        database.jdbi().useTransaction(metering -> {
            metering.createQuery(LOCK_LEASE)
                    .bind("lease", lease)
                    .mapTo(UUID.class)
                    .one();
            QuotaAnswer refused = other.take(day(account, "Free", 1, 1));

            assertThat(refused.spent()).contains(Dimension.DAY);
            assertThat(refused.returningSoon()).isTrue();
        });

        assertThat(one().recalled()).isEmpty();
        other.take(day(account, "Free", 1, 1));
        assertThat(one().recalled()).hasSize(1);
    }

    @Test
    void oldMinutesAreClearedAwayByTheFirstOfTheirAccount() {
        UUID account = newAccount("Free");
        database.jdbi()
                .useHandle(handle -> handle.createUpdate(OLD_MINUTES)
                        .bind("account", account)
                        .execute());

        one().take(new QuotaRequest(account, "Free", Ask.NOTHING, Optional.empty(), new Ask(1, 1), Optional.empty()));

        long minutes = database.jdbi()
                .withHandle(handle -> handle.createQuery(COUNT_MINUTES)
                        .bind("account", account)
                        .mapTo(Long.class)
                        .one());
        assertThat(minutes).as("this one and the one of five minutes ago").isEqualTo(2);
    }

    @Test
    void saysSoWhenTheDatabaseIsAway() {
        QuotaStore away = new PostgresQuotaStore(
                Jdbi.create("jdbc:postgresql://127.0.0.1:1/none?connectTimeout=1"),
                new TimedIds(),
                Configs.executor("executor-1"));

        assertThatThrownBy(() -> away.take(day(UUID.randomUUID(), "Free", 4, 1)))
                .isInstanceOf(StoreUnavailableException.class);
    }

    private QuotaStore one() {
        return store(Configs.executor("executor-1"));
    }

    private Map<String, Object> row(QuotaAnswer answer) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery(LEASE)
                        .bind("lease", answer.lease().orElseThrow().leaseId())
                        .bind("grantedAt", answer.askedAt())
                        .bind("useBy", answer.lease().orElseThrow().useBy())
                        .mapToMap()
                        .one());
    }
}

package io.wasmwiz.executor.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.executor.admission.LeaseGrant.Granted;
import io.wasmwiz.executor.admission.QuotaLeases.LeaseRequest;
import io.wasmwiz.executor.admission.QuotaLeases.StoreUnavailableException;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PostgresQuotaLeasesIT extends QuotaLeasesContract {
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

    private final TestDatabase database = POSTGRES.createDatabase();
    private final QuotaLeases store = store(database.jdbi("wasmwiz_executor"));

    @Override
    QuotaLeases store() {
        return store;
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

        Granted lease = (Granted) store.grant(new LeaseRequest(account, "Free", 500, 4, 1));

        assertThat(row(lease))
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

        Granted lease = (Granted) store.grant(new LeaseRequest(account, "Free", 500, 4, 1));

        assertThat(row(lease)).containsEntry("held", 4L);
    }

    @Test
    void saysSoWhenTheDatabaseIsAway() {
        QuotaLeases away = store(Jdbi.create("jdbc:postgresql://127.0.0.1:1/none?connectTimeout=1"));

        assertThatThrownBy(() -> away.grant(new LeaseRequest(UUID.randomUUID(), "Free", 500, 4, 1)))
                .isInstanceOf(StoreUnavailableException.class);
    }

    private Map<String, Object> row(Granted lease) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery(LEASE)
                        .bind("lease", lease.leaseId())
                        .bind("grantedAt", lease.grantedAt())
                        .bind("useBy", lease.useBy())
                        .mapToMap()
                        .one());
    }

    private static QuotaLeases store(Jdbi jdbi) {
        return new PostgresQuotaLeases(jdbi, new TimedIds(), "executor-1", LEASE_DURATION, MAX_LEASE_SIZE);
    }
}

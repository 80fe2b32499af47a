package io.wasmwiz.executor.claims;

import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.UUID;
import org.junit.jupiter.api.extension.RegisterExtension;

/** With the rights of the executor's role. */
class PostgresRequestClaimsIT extends RequestClaimsContract {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    private static final String AGE = """
            UPDATE request_claims SET day = day - :days WHERE user_id = :account AND request_id = :request
            """;
    private static final String CHARGE = """
            INSERT INTO usage_logs (day, execution_id, user_id, module_digest, tier, tier_version, lease_id, request_id,
                status, admitted_at, wall_time_us, cpu_time_us, queue_time_us, peak_memory_bytes, module_bytes,
                input_bytes, output_bytes, cache_hit, output_truncated, output_lost, charged, log_partition, log_offset)
            VALUES (:day, :execution, :account, decode(repeat('ab', 32), 'hex'), 'Free', 1, :lease, :request,
                'completed', :at, 1, 1, 1, 1, 1, 1, 1, true, false, false, true, 0, 0)
            """;
    private static final String LEASE = """
            INSERT INTO quota_leases (id, user_id, tier, day, size, executor, granted_at, use_by)
            VALUES (:id, :account, 'Free', :day, 5, 'test', CAST(:day AS timestamp) AT TIME ZONE 'UTC',
                    CAST(CAST(:day AS date) + 1 AS timestamp) AT TIME ZONE 'UTC')
            """;

    private final TestDatabase database = POSTGRES.createDatabase();
    private final RequestClaims store = new PostgresRequestClaims(database.jdbi("wasmwiz_executor"), MAX_ATTEMPTS);

    /** By the store's clock, which tells the day. */
    private final LocalDate today = database.jdbi()
            .withHandle(handle -> handle.createQuery("SELECT (now() AT TIME ZONE 'UTC')::date")
                    .mapTo(LocalDate.class)
                    .one());

    @Override
    RequestClaims store() {
        return store;
    }

    @Override
    LocalDate today() {
        return today;
    }

    @Override
    void age(RequestKey key, int days) {
        database.jdbi()
                .useHandle(handle -> handle.createUpdate(AGE)
                        .bind("days", days)
                        .bind("account", key.accountId())
                        .bind("request", key.requestId())
                        .execute());
    }

    @Override
    Claim.Payment charge(RequestKey key, UUID execution, LocalDate day) {
        Claim.Payment payment =
                new Claim.Payment(UUID.randomUUID(), day.atTime(1, 2, 3).toInstant(ZoneOffset.UTC));
        database.ensurePartition(day);
        database.jdbi()
                .useHandle(handle -> handle.createUpdate(CHARGE)
                        .bind("day", day)
                        .bind("execution", execution)
                        .bind("account", key.accountId())
                        .bind("lease", payment.leaseId())
                        .bind("request", key.requestId())
                        .bind("at", at(payment.admittedAt()))
                        .execute());
        return payment;
    }

    private static OffsetDateTime at(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }

    @Override
    UUID lease(UUID account, LocalDate day) {
        UUID lease = UUID.randomUUID();
        database.jdbi()
                .useHandle(handle -> handle.createUpdate(LEASE)
                        .bind("id", lease)
                        .bind("account", account)
                        .bind("day", day)
                        .execute());
        return lease;
    }

    @Override
    void close(UUID lease) {
        database.jdbi()
                .useHandle(handle -> handle.execute(
                        "UPDATE quota_leases SET state = 'closed', closed_at = now() WHERE id = ?", lease));
    }

    @Override
    void floor(LocalDate day) {
        database.jdbi().useHandle(handle -> handle.execute("SELECT raise_usage_floor(?)", day));
    }
}

package io.wasmwiz.testing;

import io.wasmwiz.migrations.ServiceRole;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/**
 * A database of one test's own, migrated, with the tiers and the developer account that migrations seed. Thread-safe.
 * {@link PostgresExtension} drops it after the test class; {@link #close} does so earlier.
 */
public final class TestDatabase implements AutoCloseable {
    private static final String INSERT_ACCOUNT = """
            INSERT INTO users (id, name, tier) VALUES (:id, :name, :tier)
            """;
    private static final String INSERT_KEY = """
            INSERT INTO api_keys (id, user_id, name, key_hash) VALUES (:id, :userId, 'test', :keyHash)
            """;
    private static final String HOLD = """
            INSERT INTO daily_tier_counters AS c (user_id, tier, day, held) VALUES (:userId, :tier, :day, :size)
            ON CONFLICT (user_id, tier, day) DO UPDATE SET held = c.held + excluded.held
            """;
    private static final String INSERT_LEASE = """
            INSERT INTO quota_leases (id, user_id, tier, day, size, executor, granted_at, use_by)
            VALUES (:id, :userId, :tier, :day, :size, 'test-executor',
                    :day::timestamp AT TIME ZONE 'UTC', (:day + 1)::timestamp AT TIME ZONE 'UTC')
            """;
    private static final String ENSURE_PARTITION = "SELECT ensure_usage_partition(:day)";

    private final SharedPostgres server;
    private final String name;
    private final Jdbi jdbi;

    TestDatabase(SharedPostgres server, String name) {
        this.server = server;
        this.name = name;
        this.jdbi = SharedPostgres.jdbi(server.url(name));
    }

    /** {@code postgresql://…} of the superuser. */
    public String url() {
        return server.url(name);
    }

    /**
     * {@code postgresql://…} of a user who is a member of one role and of no other.
     *
     * @param role {@code wasmwiz_executor}, {@code wasmwiz_admin}, {@code wasmwiz_metering} or {@code wasmwiz_reader}
     */
    public String url(String role) {
        return server.url(
                name,
                Arrays.stream(ServiceRole.values())
                        .filter(candidate -> candidate.roleName().equals(role))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("no such role: " + role)));
    }

    /** As the superuser, a connection a handle. */
    public Jdbi jdbi() {
        return jdbi;
    }

    /** As a user who is a member of one role, a connection a handle. */
    public Jdbi jdbi(String role) {
        return SharedPostgres.jdbi(url(role));
    }

    /** A new active account on {@code tier}, for example {@code Free}. */
    public UUID insertAccount(String accountName, String tier) {
        UUID id = UUID.randomUUID();
        jdbi.useHandle(handle -> handle.createUpdate(INSERT_ACCOUNT)
                .bind("id", id)
                .bind("name", accountName)
                .bind("tier", tier)
                .execute());
        return id;
    }

    /** A new key with the standard scopes, by the SHA-256 of its text. */
    public UUID insertKey(UUID accountId, byte[] sha256) {
        UUID id = UUID.randomUUID();
        jdbi.useHandle(handle -> handle.createUpdate(INSERT_KEY)
                .bind("id", id)
                .bind("userId", accountId)
                .bind("keyHash", sha256)
                .execute());
        return id;
    }

    /** An open lease of {@code size} units for the whole of a UTC day, with its units held in the day's counter. */
    public UUID insertLease(UUID accountId, String tier, LocalDate day, long size) {
        UUID id = UUID.randomUUID();
        jdbi.useTransaction(handle -> {
            for (String statement : new String[] {HOLD, INSERT_LEASE}) {
                handle.createUpdate(statement)
                        .bind("id", id)
                        .bind("userId", accountId)
                        .bind("tier", tier)
                        .bind("day", day)
                        .bind("size", size)
                        .execute();
            }
        });
        return id;
    }

    /** Makes the ledger's partition of a UTC day unless it is there. */
    public void ensurePartition(LocalDate day) {
        jdbi.useHandle(handle -> handle.createQuery(ENSURE_PARTITION)
                .bind("day", day)
                .mapTo(Boolean.class)
                .one());
    }

    /** Ends every session in it and drops it. */
    @Override
    public void close() {
        server.drop(name);
    }
}

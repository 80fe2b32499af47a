package io.wasmwiz.executor.auth;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Jdbi;

/** Keys and accounts in PostgreSQL, one query each. Thread-safe. */
public final class PostgresApiKeyStore implements ApiKeyStore {
    /** So that an answer is never older than this when it arrives. */
    private static final int QUERY_SECONDS = 1;

    private final Jdbi jdbi;

    /** The opener of {@code jdbi} closes its pool. */
    public PostgresApiKeyStore(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    // least() ignores nulls: a key without a limit of its own has its tier's.
    private static final String FIND_KEY = """
            SELECT k.id AS key_id, k.scopes, k.expires_at, k.revoked_at, u.id AS account_id, u.status, t.name, t.version,
                   least(t.executions_per_minute, k.executions_per_minute) AS executions_per_minute,
                   least(t.executions_per_day, k.executions_per_day) AS executions_per_day,
                   least(t.memory_mib, k.memory_mib) AS memory_mib,
                   least(t.run_time_ms, k.run_time_ms) AS run_time_ms,
                   t.max_concurrency
            FROM api_keys k
            JOIN users u ON u.id = k.user_id
            JOIN subscription_tiers t ON t.name = u.tier
            WHERE k.key_hash = :hash
            """;

    @Override
    public Optional<StoredKey> findKey(ApiKeyHash hash) {
        return jdbi.withHandle(handle -> handle.createQuery(FIND_KEY)
                .setQueryTimeout(QUERY_SECONDS)
                .bind("hash", hash.sha256())
                .map((row, context) -> key(row))
                .findOne());
    }

    private static final String FIND_ACCOUNT = """
            SELECT u.id AS account_id, u.status, t.name, t.version, t.executions_per_minute, t.executions_per_day,
                   t.memory_mib, t.run_time_ms, t.max_concurrency
            FROM users u
            JOIN subscription_tiers t ON t.name = u.tier
            WHERE lower(u.name) = lower(:name)
            """;

    @Override
    public Optional<StoredAccount> findAccount(String name) {
        return jdbi.withHandle(handle -> handle.createQuery(FIND_ACCOUNT)
                .setQueryTimeout(QUERY_SECONDS)
                .bind("name", name)
                .map((row, context) -> account(row))
                .findOne());
    }

    private static StoredKey key(ResultSet row) throws SQLException {
        Timestamp expiresAt = row.getTimestamp("expires_at");
        return new StoredKey(
                row.getObject("key_id", UUID.class),
                account(row),
                scopes(row.getArray("scopes")),
                Optional.ofNullable(expiresAt).map(Timestamp::toInstant),
                row.getTimestamp("revoked_at") != null);
    }

    private static StoredAccount account(ResultSet row) throws SQLException {
        return new StoredAccount(
                row.getObject("account_id", UUID.class),
                row.getString("status").equals("active"),
                new Tier(
                        row.getString("name"),
                        row.getInt("version"),
                        row.getInt("executions_per_minute"),
                        row.getInt("executions_per_day"),
                        row.getInt("memory_mib"),
                        Duration.ofMillis(row.getInt("run_time_ms")),
                        row.getInt("max_concurrency")));
    }

    private static Set<Scope> scopes(Array words) throws SQLException {
        return Arrays.stream((String[]) words.getArray())
                .map(word -> Scope.valueOf(word.toUpperCase(Locale.ROOT)))
                .collect(Collectors.toUnmodifiableSet());
    }
}

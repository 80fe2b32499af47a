package io.wasmwiz.executor.auth;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.OffsetDateTime;
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

    // The functions run with their owner's rights: before we know who calls, row-level security shows us nobody.
    private static final String FIND_KEY = "SELECT * FROM find_api_key(:hash)";

    @Override
    public Optional<StoredKey> findKey(ApiKeyHash hash) {
        return jdbi.withHandle(handle -> handle.createQuery(FIND_KEY)
                .setQueryTimeout(QUERY_SECONDS)
                .bind("hash", hash.sha256())
                .map((row, context) -> key(row))
                .findOne());
    }

    private static final String FIND_ACCOUNT = "SELECT * FROM find_account(:name)";

    @Override
    public Optional<StoredAccount> findAccount(String name) {
        return jdbi.withHandle(handle -> handle.createQuery(FIND_ACCOUNT)
                .setQueryTimeout(QUERY_SECONDS)
                .bind("name", name)
                .map((row, context) -> account(row))
                .findOne());
    }

    private static final String EPOCH = """
            SELECT epoch, clock_timestamp() AS now, pg_is_in_recovery() AS standby FROM auth_epoch
            """;

    @Override
    public AuthEpoch epoch() {
        return jdbi.withHandle(handle -> handle.createQuery(EPOCH)
                .setQueryTimeout(QUERY_SECONDS)
                .map((row, context) -> epoch(row))
                .one());
    }

    private static AuthEpoch epoch(ResultSet row) throws SQLException {
        if (row.getBoolean("standby")) {
            throw new SQLException("this is a standby, which learns of changes late; the primary is needed", "25006");
        }
        return new AuthEpoch(
                row.getLong("epoch"), row.getObject("now", OffsetDateTime.class).toInstant());
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

package io.wasmwiz.executor.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PostgresApiKeyStoreIT extends ApiKeyStoreContract {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    private static final String SUSPEND = "UPDATE users SET status = 'suspended' WHERE id = :account";
    private static final String LIMIT_KEY = """
            UPDATE api_keys SET scopes = :scopes, executions_per_minute = :perMinute, executions_per_day = :perDay,
                   expires_at = :expiresAt, revoked_at = CASE WHEN :revoked THEN now() END
            WHERE id = :key
            """;

    private final TestDatabase database = POSTGRES.createDatabase();
    private final ApiKeyStore store = new PostgresApiKeyStore(database.jdbi("wasmwiz_executor"));

    @Override
    ApiKeyStore store() {
        return store;
    }

    @Override
    UUID addAccount(String name, boolean active) {
        UUID account = database.insertAccount(name, "Free");
        if (!active) {
            database.jdbi()
                    .useHandle(handle -> handle.createUpdate(SUSPEND)
                            .bind("account", account)
                            .execute());
        }
        return account;
    }

    @Override
    UUID add(NewKey key) {
        UUID id = database.insertKey(key.accountId(), key.hash().sha256());
        Instant expiry = key.expiresAt();
        String[] words = key.scopes().stream()
                .map(scope -> scope.name().toLowerCase(Locale.ROOT))
                .toArray(String[]::new);
        database.jdbi()
                .useHandle(handle -> handle.createUpdate(LIMIT_KEY)
                        .bindArray("scopes", String.class, (Object[]) words)
                        .bind("perMinute", key.executionsPerMinute())
                        .bind("perDay", key.executionsPerDay())
                        .bind("expiresAt", expiry == null ? null : OffsetDateTime.ofInstant(expiry, ZoneOffset.UTC))
                        .bind("revoked", key.revoked())
                        .bind("key", id)
                        .execute());
        return id;
    }

    @Override
    void revoke(ApiKeyHash hash) {
        database.jdbi()
                .useHandle(
                        handle -> handle.createUpdate("UPDATE api_keys SET revoked_at = now() WHERE key_hash = :hash")
                                .bind("hash", hash.sha256())
                                .execute());
    }

    @Test
    void tellsTheTimeOfPostgres() {
        Instant before = postgresTime();

        assertThat(store.epoch().now()).isBetween(before, postgresTime());
    }

    private Instant postgresTime() {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery("SELECT clock_timestamp()")
                        .mapTo(Instant.class)
                        .one());
    }

    @Test
    void findsTheSeededDeveloper() {
        assertThat(store.findAccount(DevelopmentAuthenticator.ACCOUNT))
                .hasValueSatisfying(account -> assertThat(account.tier().name()).isEqualTo("Pro"));
    }

    @Test
    void throwsRatherThanFindsNothingWhenTheDatabaseIsAway() {
        ApiKeyStore away = new PostgresApiKeyStore(Jdbi.create("jdbc:postgresql://127.0.0.1:1/none?connectTimeout=1"));

        assertThatThrownBy(() -> away.findAccount("acme")).isInstanceOf(RuntimeException.class);
    }
}

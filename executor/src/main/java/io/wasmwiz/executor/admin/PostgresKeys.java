package io.wasmwiz.executor.admin;

import io.wasmwiz.executor.admin.AdminTransaction.KeyCount;
import io.wasmwiz.executor.auth.ApiKeyHash;
import io.wasmwiz.executor.auth.Scope;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;

/** Statements on {@code api_keys}. Not thread-safe. */
final class PostgresKeys {
    private static final String COLUMNS = """
            id, user_id, name, scopes, executions_per_minute, executions_per_day, memory_mib, run_time_ms, expires_at,
            revoked_at, last_used_at, created_at, updated_at
            """;

    private final Handle handle;

    PostgresKeys(Handle handle) {
        this.handle = handle;
    }

    private static final String FIND = "SELECT " + COLUMNS + " FROM api_keys WHERE id = :id";

    Optional<IssuedKey> find(UUID id) {
        return handle.createQuery(FIND)
                .bind("id", id)
                .map((row, context) -> key(row))
                .findOne();
    }

    Optional<IssuedKey> lock(UUID id) {
        return handle.createQuery(FIND + " FOR NO KEY UPDATE")
                .bind("id", id)
                .map((row, context) -> key(row))
                .findOne();
    }

    private static final String INSERT = """
            INSERT INTO api_keys (id, user_id, name, key_hash, scopes, executions_per_minute, executions_per_day,
                                  memory_mib, run_time_ms, expires_at)
            VALUES (:id, :account, :name, :hash, CAST(:scopes AS text[]), CAST(:per_minute AS integer),
                    CAST(:per_day AS integer), CAST(:memory_mib AS integer), CAST(:run_time_ms AS integer),
                    CAST(:expires_at AS timestamptz))
            RETURNING
            """ + COLUMNS;

    IssuedKey insert(IssuedKey key, ApiKeyHash hash) {
        return one(bind(handle.createQuery(INSERT), key)
                .bind("account", key.accountId())
                .bind("hash", hash.sha256()));
    }

    private static final String UPDATE = """
            UPDATE api_keys
            SET name = :name, scopes = CAST(:scopes AS text[]), executions_per_minute = CAST(:per_minute AS integer),
                executions_per_day = CAST(:per_day AS integer), memory_mib = CAST(:memory_mib AS integer),
                run_time_ms = CAST(:run_time_ms AS integer), expires_at = CAST(:expires_at AS timestamptz)
            WHERE id = :id
            RETURNING
            """ + COLUMNS;

    IssuedKey update(IssuedKey key) {
        return one(bind(handle.createQuery(UPDATE), key));
    }

    private static final String REVOKE = "UPDATE api_keys SET revoked_at = now() WHERE id = :id RETURNING " + COLUMNS;

    IssuedKey revoke(UUID id) {
        return one(handle.createQuery(REVOKE).bind("id", id));
    }

    private static final String COUNT = """
            SELECT count(*) FILTER (WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())) AS active,
                   count(*) FILTER (WHERE created_at > now() - interval '24 hours') AS made_today
            FROM api_keys WHERE user_id = :account
            """;

    KeyCount count(UUID accountId) {
        return handle.createQuery(COUNT)
                .bind("account", accountId)
                .map((row, context) -> new KeyCount(row.getInt("active"), row.getInt("made_today")))
                .one();
    }

    private static final String LIST = "SELECT " + COLUMNS + """
             FROM api_keys
            WHERE user_id = :account
              AND (CAST(:created_at AS timestamptz) IS NULL OR (created_at, id) < (CAST(:created_at AS timestamptz), :id))
            ORDER BY created_at DESC, id DESC
            LIMIT :size
            """;

    List<IssuedKey> list(UUID accountId, Optional<Place> after, int size) {
        return handle.createQuery(LIST)
                .bind("account", accountId)
                .bind(
                        "created_at",
                        after.map(place -> place.createdAt().atOffset(ZoneOffset.UTC))
                                .orElse(null))
                .bind("id", after.map(Place::id).orElse(new UUID(0, 0)))
                .bind("size", size)
                .map((row, context) -> key(row))
                .list();
    }

    private static <S extends SqlStatement<S>> S bind(S statement, IssuedKey key) {
        return statement
                .bind("id", key.id())
                .bind("name", key.name())
                .bind("scopes", words(key.scopes()))
                .bind("per_minute", key.limits().executionsPerMinute())
                .bind("per_day", key.limits().executionsPerDay())
                .bind("memory_mib", key.limits().memoryMib())
                .bind("run_time_ms", key.limits().runTimeMillis())
                .bind(
                        "expires_at",
                        key.expiresAt().map(end -> end.atOffset(ZoneOffset.UTC)).orElse(null));
    }

    private static IssuedKey one(Query query) {
        return query.map((row, context) -> key(row)).one();
    }

    // PostgreSQL's own text of an array; the words are ours and need no quotes.
    private static String words(Set<Scope> scopes) {
        return scopes.stream()
                .sorted()
                .map(scope -> scope.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static IssuedKey key(ResultSet row) throws SQLException {
        return new IssuedKey(
                row.getObject("id", UUID.class),
                row.getObject("user_id", UUID.class),
                row.getString("name"),
                Arrays.stream((String[]) row.getArray("scopes").getArray())
                        .map(word -> Scope.valueOf(word.toUpperCase(Locale.ROOT)))
                        .collect(Collectors.toUnmodifiableSet()),
                new KeyLimits(
                        row.getObject("executions_per_minute", Integer.class),
                        row.getObject("executions_per_day", Integer.class),
                        row.getObject("memory_mib", Integer.class),
                        row.getObject("run_time_ms", Integer.class)),
                time(row, "expires_at"),
                time(row, "revoked_at"),
                time(row, "last_used_at"),
                time(row, "created_at").orElseThrow(),
                time(row, "updated_at").orElseThrow());
    }

    private static Optional<Instant> time(ResultSet row, String column) throws SQLException {
        @Nullable OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return Optional.ofNullable(time).map(OffsetDateTime::toInstant);
    }
}

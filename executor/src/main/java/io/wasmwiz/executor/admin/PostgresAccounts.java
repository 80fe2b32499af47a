package io.wasmwiz.executor.admin;

import io.wasmwiz.executor.admin.AdminTransaction.AccountFilter;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** Statements on {@code users}. Not thread-safe. */
final class PostgresAccounts {
    private static final String COLUMNS = "id, name, tier, status, created_at, updated_at";

    private final Handle handle;

    PostgresAccounts(Handle handle) {
        this.handle = handle;
    }

    private static final String FIND = "SELECT " + COLUMNS + " FROM users WHERE id = :id";

    Optional<Account> find(UUID id) {
        return first(handle.createQuery(FIND).bind("id", id));
    }

    Optional<Account> lock(UUID id) {
        return first(handle.createQuery(FIND + " FOR NO KEY UPDATE").bind("id", id));
    }

    private static final String FIND_NAMED = "SELECT " + COLUMNS + " FROM users WHERE lower(name) = lower(:name)";

    Optional<Account> findNamed(String name) {
        return first(handle.createQuery(FIND_NAMED).bind("name", name));
    }

    private static final String INSERT = """
            INSERT INTO users (id, name, tier) VALUES (:id, :name, :tier)
            ON CONFLICT DO NOTHING
            RETURNING
            """ + COLUMNS;

    Optional<Account> insert(UUID id, String name, String tier) {
        return first(
                handle.createQuery(INSERT).bind("id", id).bind("name", name).bind("tier", tier));
    }

    private static final String UPDATE = """
            UPDATE users SET tier = :tier, status = :status WHERE id = :id
            RETURNING
            """ + COLUMNS;

    Account update(UUID id, String tier, boolean active) {
        return handle.createQuery(UPDATE)
                .bind("id", id)
                .bind("tier", tier)
                .bind("status", status(active))
                .map((row, context) -> account(row))
                .one();
    }

    private static final String LIST = "SELECT " + COLUMNS + """
             FROM users
            WHERE (CAST(:tier AS text) IS NULL OR tier = CAST(:tier AS text))
              AND (CAST(:status AS text) IS NULL OR status = CAST(:status AS text))
              AND (CAST(:created_at AS timestamptz) IS NULL OR (created_at, id) < (CAST(:created_at AS timestamptz), :id))
            ORDER BY created_at DESC, id DESC
            LIMIT :size
            """;

    List<Account> list(AccountFilter filter, Optional<Place> after, int size) {
        return handle.createQuery(LIST)
                .bind("tier", filter.tier().orElse(null))
                .bind("status", filter.active().map(PostgresAccounts::status).orElse(null))
                .bind(
                        "created_at",
                        after.map(place -> place.createdAt().atOffset(ZoneOffset.UTC))
                                .orElse(null))
                .bind("id", after.map(Place::id).orElse(new UUID(0, 0)))
                .bind("size", size)
                .map((row, context) -> account(row))
                .list();
    }

    private static Optional<Account> first(Query query) {
        return query.map((row, context) -> account(row)).findOne();
    }

    private static String status(boolean active) {
        return active ? "active" : "suspended";
    }

    private static Account account(ResultSet row) throws SQLException {
        return new Account(
                row.getObject("id", UUID.class),
                row.getString("name"),
                row.getString("tier"),
                row.getString("status").equals("active"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getObject("updated_at", OffsetDateTime.class).toInstant());
    }
}

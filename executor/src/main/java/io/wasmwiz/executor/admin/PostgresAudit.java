package io.wasmwiz.executor.admin;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Statements on {@code audit_events}; a trigger numbers and chains what is inserted. Not thread-safe. */
final class PostgresAudit {
    private static final String SELECT = """
            SELECT seq, at, actor, actor_user_id, actor_key_id, action, user_id, target, before_state, after_state,
                   request_id, client_address, user_agent, outcome, reason, previous_hash, hash
            FROM audit_events
            """;

    private final Handle handle;

    PostgresAudit(Handle handle) {
        this.handle = handle;
    }

    private static final String INSERT = """
            INSERT INTO audit_events (actor, actor_user_id, actor_key_id, action, user_id, target, before_state,
                                      after_state, request_id, client_address, user_agent, outcome, reason)
            VALUES (:actor, CAST(:actor_account AS uuid), CAST(:actor_key AS uuid), :action, CAST(:account AS uuid),
                    :target, :before, :after, CAST(:request AS uuid), :address, :agent, :outcome, :reason)
            """;

    void insert(AuditEntry entry) {
        Actor actor = entry.actor();
        handle.createUpdate(INSERT)
                .bind("actor", actor.kind().name().toLowerCase(Locale.ROOT))
                .bind("actor_account", actor.accountId().orElse(null))
                .bind("actor_key", actor.keyId().orElse(null))
                .bind("action", entry.action())
                .bind("account", entry.accountId().orElse(null))
                .bind("target", entry.target())
                .bind("before", entry.before().orElse(null))
                .bind("after", entry.after().orElse(null))
                .bind("request", entry.requestId().orElse(null))
                .bind("address", actor.origin().address())
                .bind("agent", actor.origin().userAgent())
                .bind("outcome", entry.denial().isEmpty() ? "done" : "denied")
                .bind("reason", entry.denial().orElse(null))
                .execute();
    }

    private static final String BEFORE = SELECT + """
            WHERE seq < :before AND (CAST(:account AS uuid) IS NULL OR user_id = CAST(:account AS uuid))
            ORDER BY seq DESC
            LIMIT :size
            """;

    List<AuditEvent> before(Optional<UUID> accountId, long before, int size) {
        return handle.createQuery(BEFORE)
                .bind("before", before)
                .bind("account", accountId.orElse(null))
                .bind("size", size)
                .map((row, context) -> event(row))
                .list();
    }

    private static final String AFTER = SELECT + """
            WHERE seq > :after
            ORDER BY seq
            LIMIT :size
            """;

    List<AuditEvent> after(long after, int size) {
        return handle.createQuery(AFTER)
                .bind("after", after)
                .bind("size", size)
                .map((row, context) -> event(row))
                .list();
    }

    private static final String HEAD = "SELECT seq, hash FROM audit_head";

    /** A head that is gone reads as one before the first event. */
    AuditChain.Link head() {
        return handle.createQuery(HEAD)
                .map((row, context) -> new AuditChain.Link(row.getLong("seq"), row.getBytes("hash")))
                .findOne()
                .orElse(AuditChain.Link.START);
    }

    private static AuditEvent event(ResultSet row) throws SQLException {
        return new AuditEvent(
                row.getLong("seq"),
                row.getObject("at", OffsetDateTime.class).toInstant(),
                Actor.Kind.valueOf(row.getString("actor").toUpperCase(Locale.ROOT)),
                id(row, "actor_user_id"),
                id(row, "actor_key_id"),
                row.getString("action"),
                id(row, "user_id"),
                row.getString("target"),
                Optional.ofNullable(row.getString("before_state")),
                Optional.ofNullable(row.getString("after_state")),
                id(row, "request_id"),
                row.getString("client_address"),
                row.getString("user_agent"),
                row.getString("outcome").equals("done"),
                Optional.ofNullable(row.getString("reason")),
                row.getBytes("previous_hash"),
                row.getBytes("hash"));
    }

    private static Optional<UUID> id(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, UUID.class));
    }
}

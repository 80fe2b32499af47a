package io.wasmwiz.executor.admin;

import java.util.Optional;
import java.util.UUID;

/**
 * What is to be written to the audit log; the log itself adds number, time and hashes. Holds no secret.
 *
 * @param action the method, for example {@code CreateUser}
 * @param accountId the account concerned
 * @param target what was changed or asked for, at most 256 characters; may be empty
 * @param before JSON
 * @param after JSON
 * @param denial why it was denied; empty: it was done
 */
public record AuditEntry(
        Actor actor,
        String action,
        Optional<UUID> accountId,
        String target,
        Optional<String> before,
        Optional<String> after,
        Optional<UUID> requestId,
        Optional<String> denial) {
    static final int TARGET_CHARACTERS = 256;

    /** A change that was made. */
    static AuditEntry done(Actor actor, String action, Optional<UUID> accountId, String target) {
        return new AuditEntry(
                actor,
                action,
                accountId,
                target,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    /** A call that was not let through. */
    public static AuditEntry denied(
            Actor actor, String action, String target, Optional<UUID> requestId, String reason) {
        return new AuditEntry(
                actor,
                action,
                actor.accountId(),
                target.substring(0, Math.min(target.length(), TARGET_CHARACTERS)),
                Optional.empty(),
                Optional.empty(),
                requestId,
                Optional.of(reason));
    }

    AuditEntry from(String json) {
        return new AuditEntry(actor, action, accountId, target, Optional.of(json), after, requestId, denial);
    }

    AuditEntry to(String json) {
        return new AuditEntry(actor, action, accountId, target, before, Optional.of(json), requestId, denial);
    }

    AuditEntry requestedAs(Optional<UUID> id) {
        return new AuditEntry(actor, action, accountId, target, before, after, id, denial);
    }
}

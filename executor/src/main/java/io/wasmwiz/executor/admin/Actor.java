package io.wasmwiz.executor.admin;

import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Scope;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Who acts.
 *
 * @param accountId the own account; empty for those without one
 * @param keyId the key that was shown; empty without one
 * @param scopes what it may do
 */
public record Actor(Kind kind, Optional<UUID> accountId, Optional<UUID> keyId, Set<Scope> scopes, Origin origin) {
    /** The words of {@code audit_events.actor} in upper case. */
    public enum Kind {
        KEY,
        DEVELOPMENT,
        UNKNOWN,
        BOOTSTRAP,
        SERVER
    }

    public Actor {
        scopes = Set.copyOf(scopes);
    }

    /** An authenticated caller. */
    public static Actor of(Caller caller, Origin origin) {
        return new Actor(
                caller.apiKeyId().isPresent() ? Kind.KEY : Kind.DEVELOPMENT,
                Optional.of(caller.accountId()),
                caller.apiKeyId(),
                caller.scopes(),
                origin);
    }

    /** Somebody who showed no good key. */
    public static Actor unknown(Origin origin) {
        return new Actor(Kind.UNKNOWN, Optional.empty(), Optional.empty(), Set.of(), origin);
    }

    /** Somebody who is no caller of the service. */
    static Actor local(Kind kind, String program) {
        return new Actor(kind, Optional.empty(), Optional.empty(), Set.of(), new Origin("local", program));
    }

    /** Whether every account is its business. */
    boolean isOperator() {
        return scopes.contains(Scope.ADMIN);
    }

    /** The own account of a caller. */
    public UUID ownAccount() {
        return accountId.orElseThrow(() -> new IllegalStateException("a caller has an account"));
    }
}

package io.wasmwiz.executor.admin;

import io.wasmwiz.executor.auth.Scope;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** A key without its secret. */
public record IssuedKey(
        UUID id,
        UUID accountId,
        String name,
        Set<Scope> scopes,
        KeyLimits limits,
        Optional<Instant> expiresAt,
        Optional<Instant> revokedAt,
        Optional<Instant> lastUsedAt,
        Instant createdAt,
        Instant updatedAt) {
    public IssuedKey {
        scopes = Set.copyOf(scopes);
    }

    /** Changes with every change; use is none. */
    public String etag() {
        return new Fingerprint()
                .add(id)
                .add(name)
                .add(new TreeSet<>(scopes))
                .add(limits)
                .add(expiresAt)
                .add(revokedAt)
                .add(updatedAt)
                .etag();
    }

    boolean isActive(Instant now) {
        return revokedAt.isEmpty()
                && expiresAt.filter(end -> !now.isBefore(end)).isEmpty();
    }

    /** The same key with what an update may change. */
    IssuedKey with(String newName, Set<Scope> newScopes, KeyLimits newLimits, Optional<Instant> newExpiresAt) {
        return new IssuedKey(
                id,
                accountId,
                newName,
                newScopes,
                newLimits,
                newExpiresAt,
                revokedAt,
                lastUsedAt,
                createdAt,
                updatedAt);
    }

    String target() {
        return "keys/" + id;
    }

    String json() {
        return new JsonText()
                .put("key_id", id)
                .put("user_id", accountId)
                .put("name", name)
                .put(
                        "scopes",
                        new TreeSet<>(scopes)
                                .stream()
                                        .map(scope -> scope.name().toLowerCase(Locale.ROOT))
                                        .toList())
                .put("executions_per_minute", limits.executionsPerMinute())
                .put("executions_per_day", limits.executionsPerDay())
                .put("memory_mib", limits.memoryMib())
                .put("run_time_ms", limits.runTimeMillis())
                .put("expires_at", expiresAt.orElse(null))
                .put("revoked_at", revokedAt.orElse(null))
                .toString();
    }
}

package io.wasmwiz.executor.auth;

import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * An authenticated caller.
 *
 * @param accountId the account, which is the tenant
 * @param apiKeyId the key; empty for development calls without one
 * @param scopes what the key may do
 * @param tier the limits that apply
 * @param keyHash what {@link CallerCheck} looks the key up by; empty for development calls without one
 */
public record Caller(
        UUID accountId, Optional<UUID> apiKeyId, Set<Scope> scopes, Tier tier, Optional<ApiKeyHash> keyHash) {
    public Caller {
        scopes = Set.copyOf(scopes);
    }

    /** A caller without a key to look up. */
    public Caller(UUID accountId, Optional<UUID> apiKeyId, Set<Scope> scopes, Tier tier) {
        this(accountId, apiKeyId, scopes, tier, Optional.empty());
    }
}

package io.wasmwiz.executor.auth;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Keys and accounts as they are stored. Thread-safe; methods block on the store and throw when it does not answer.
 */
public interface ApiKeyStore {
    /** The key with this hash, whatever its state. */
    Optional<StoredKey> findKey(ApiKeyHash hash);

    /** The account with this name, compared without regard to case. */
    Optional<StoredAccount> findAccount(String name);

    /**
     * The epoch at present. What was committed before it moved to a number is seen by every read that begins after that
     * number was returned.
     */
    AuthEpoch epoch();

    /**
     * A key with the account it belongs to.
     *
     * @param id of the key
     * @param account whose it is; its tier already lowered by the key's own limits
     * @param scopes what it may do
     * @param expiresAt when it stops to be good
     * @param revoked whether it was withdrawn
     */
    record StoredKey(UUID id, StoredAccount account, Set<Scope> scopes, Optional<Instant> expiresAt, boolean revoked) {
        public StoredKey {
            scopes = Set.copyOf(scopes);
        }
    }

    /**
     * An account.
     *
     * @param id of the account
     * @param active false while it is suspended
     * @param tier the limits that apply
     */
    record StoredAccount(UUID id, boolean active, Tier tier) {}
}

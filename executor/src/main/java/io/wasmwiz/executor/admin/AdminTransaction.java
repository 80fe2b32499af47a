package io.wasmwiz.executor.admin;

import io.wasmwiz.executor.auth.ApiKeyHash;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What can be done within one transaction. {@code lock…} reads what is then changed, and keeps others from changing it;
 * accounts are locked before keys. Writers of the audit log wait for each other until their transactions end, so
 * {@link #audit} comes last. Not thread-safe.
 */
interface AdminTransaction {
    /** When this transaction began, by the database's clock. */
    Instant now();

    Optional<Account> account(UUID id);

    /** Without regard to case. */
    Optional<Account> accountNamed(String name);

    Optional<Account> lockAccount(UUID id);

    /** Empty: the name is taken. */
    Optional<Account> insertAccount(UUID id, String name, String tier);

    Account updateAccount(UUID id, String tier, boolean active);

    /** Newest first. */
    List<Account> accounts(AccountFilter filter, Optional<Place> after, int size);

    Optional<IssuedKey> key(UUID id);

    Optional<IssuedKey> lockKey(UUID id);

    /** The times of {@code key}, its expiry aside, are the database's to set. */
    IssuedKey insertKey(IssuedKey key, ApiKeyHash hash);

    /** Stores name, scopes, limits and expiry. */
    IssuedKey updateKey(IssuedKey key);

    /** From this moment. */
    IssuedKey revokeKey(UUID id);

    KeyCount keyCount(UUID accountId);

    /** Newest first. */
    List<IssuedKey> keys(UUID accountId, Optional<Place> after, int size);

    Optional<TierPlan> tier(String name);

    Optional<TierPlan> lockTier(String name);

    /** Empty: the name is taken. */
    Optional<TierPlan> insertTier(String name, TierFigures figures);

    TierPlan updateTier(String name, TierFigures figures);

    /** By name. */
    List<TierPlan> tiers(Optional<String> after, int size);

    /** Claims a request id; empty: it was free. {@code result} is what will be made. */
    Optional<Claim> claim(UUID accountId, UUID requestId, byte[] contentHash, String result);

    void audit(AuditEntry entry);

    /** Newest first, before number {@code before}. */
    List<AuditEvent> events(Optional<UUID> accountId, long before, int size);

    /** Oldest first, after number {@code after}. */
    List<AuditEvent> eventsAfter(long after, int size);

    /** What the log says of its newest event. */
    AuditChain.Link head();

    /** Notes that the first operator was made; false: one was made before, and this waited for whoever does. */
    boolean bootstrap(UUID accountId, UUID keyId);

    /** Undoes all of it when it ends. */
    void undo();

    /** An earlier request of that id. */
    record Claim(byte[] contentHash, String result) {}

    /** Which accounts; empty: any. */
    record AccountFilter(Optional<String> tier, Optional<Boolean> active) {}

    /**
     * Keys of an account.
     *
     * @param active neither revoked nor expired
     * @param madeToday made within the last 24 hours, whatever became of them
     */
    record KeyCount(int active, int madeToday) {}
}

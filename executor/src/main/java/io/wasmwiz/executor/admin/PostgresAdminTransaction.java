package io.wasmwiz.executor.admin;

import io.wasmwiz.executor.auth.ApiKeyHash;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** One transaction's statements, those of each table in a class of its own. Not thread-safe. */
final class PostgresAdminTransaction implements AdminTransaction {
    private final Handle handle;
    private final PostgresAccounts accounts;
    private final PostgresKeys keys;
    private final PostgresTiers tiers;
    private final PostgresAudit audit;

    PostgresAdminTransaction(Handle handle) {
        this.handle = handle;
        this.accounts = new PostgresAccounts(handle);
        this.keys = new PostgresKeys(handle);
        this.tiers = new PostgresTiers(handle);
        this.audit = new PostgresAudit(handle);
    }

    @Override
    public Instant now() {
        return handle.createQuery("SELECT now()")
                .map((row, context) -> row.getObject(1, OffsetDateTime.class).toInstant())
                .one();
    }

    @Override
    public Optional<Account> account(UUID id) {
        return accounts.find(id);
    }

    @Override
    public Optional<Account> accountNamed(String name) {
        return accounts.findNamed(name);
    }

    @Override
    public Optional<Account> lockAccount(UUID id) {
        return accounts.lock(id);
    }

    @Override
    public Optional<Account> insertAccount(UUID id, String name, String tier) {
        return accounts.insert(id, name, tier);
    }

    @Override
    public Account updateAccount(UUID id, String tier, boolean active) {
        return accounts.update(id, tier, active);
    }

    @Override
    public List<Account> accounts(AccountFilter filter, Optional<Place> after, int size) {
        return accounts.list(filter, after, size);
    }

    @Override
    public Optional<IssuedKey> key(UUID id) {
        return keys.find(id);
    }

    @Override
    public Optional<IssuedKey> lockKey(UUID id) {
        return keys.lock(id);
    }

    @Override
    public IssuedKey insertKey(IssuedKey key, ApiKeyHash hash) {
        return keys.insert(key, hash);
    }

    @Override
    public IssuedKey updateKey(IssuedKey key) {
        return keys.update(key);
    }

    @Override
    public IssuedKey revokeKey(UUID id) {
        return keys.revoke(id);
    }

    @Override
    public KeyCount keyCount(UUID accountId) {
        return keys.count(accountId);
    }

    @Override
    public List<IssuedKey> keys(UUID accountId, Optional<Place> after, int size) {
        return keys.list(accountId, after, size);
    }

    @Override
    public Optional<TierPlan> tier(String name) {
        return tiers.find(name);
    }

    @Override
    public Optional<TierPlan> lockTier(String name) {
        return tiers.lock(name);
    }

    @Override
    public Optional<TierPlan> insertTier(String name, TierFigures figures) {
        return tiers.insert(name, figures);
    }

    @Override
    public TierPlan updateTier(String name, TierFigures figures) {
        return tiers.update(name, figures);
    }

    @Override
    public List<TierPlan> tiers(Optional<String> after, int size) {
        return tiers.list(after, size);
    }

    // What a week has made old goes, a little at a time: a claim deletes more than it adds. One at a time does it.
    private static final String MAY_FORGET = "SELECT pg_try_advisory_xact_lock(hashtext('admin_requests'))";
    private static final String FORGET = """
            DELETE FROM admin_requests
            WHERE (user_id, request_id) IN (SELECT user_id, request_id FROM admin_requests
                                            WHERE created_at < now() - interval '7 days'
                                            ORDER BY created_at LIMIT 100)
            """;
    private static final String CLAIM = """
            INSERT INTO admin_requests (user_id, request_id, content_hash, result)
            VALUES (:account, :request, :hash, :result)
            ON CONFLICT DO NOTHING
            """;
    private static final String CLAIMED = """
            SELECT content_hash, result FROM admin_requests WHERE user_id = :account AND request_id = :request
            """;

    @Override
    public Optional<Claim> claim(UUID accountId, UUID requestId, byte[] contentHash, String result) {
        if (handle.createQuery(MAY_FORGET).mapTo(Boolean.class).one()) {
            handle.execute(FORGET);
        }
        int claimed = handle.createUpdate(CLAIM)
                .bind("account", accountId)
                .bind("request", requestId)
                .bind("hash", contentHash)
                .bind("result", result)
                .execute();
        return claimed == 1
                ? Optional.empty()
                : Optional.of(handle.createQuery(CLAIMED)
                        .bind("account", accountId)
                        .bind("request", requestId)
                        .map((row, context) -> new Claim(row.getBytes("content_hash"), row.getString("result")))
                        .one());
    }

    @Override
    public void audit(AuditEntry entry) {
        audit.insert(entry);
    }

    @Override
    public List<AuditEvent> events(Optional<UUID> accountId, long before, int size) {
        return audit.before(accountId, before, size);
    }

    @Override
    public List<AuditEvent> eventsAfter(long after, int size) {
        return audit.after(after, size);
    }

    @Override
    public AuditChain.Link head() {
        return audit.head();
    }

    private static final String BOOTSTRAP = """
            INSERT INTO admin_bootstrap (user_id, api_key_id) VALUES (:account, :key) ON CONFLICT DO NOTHING
            """;

    @Override
    public boolean bootstrap(UUID accountId, UUID keyId) {
        return handle.createUpdate(BOOTSTRAP)
                        .bind("account", accountId)
                        .bind("key", keyId)
                        .execute()
                == 1;
    }

    @Override
    public void undo() {
        handle.rollback();
    }
}

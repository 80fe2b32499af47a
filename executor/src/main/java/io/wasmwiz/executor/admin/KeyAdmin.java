package io.wasmwiz.executor.admin;

import static io.wasmwiz.executor.admin.Requests.refused;

import io.wasmwiz.executor.admin.AdminTransaction.KeyCount;
import io.wasmwiz.executor.auth.ApiKey;
import io.wasmwiz.executor.auth.Scope;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Keys. An owner's key reaches the keys of its own account, gives no scope that it lacks and nothing beyond its own limits
 * and expiry, and leaves keys alone that can do more than itself, revoking apart; otherwise as {@link AccountAdmin}. Secrets are in the results alone. Thread-safe; methods block.
 */
public final class KeyAdmin {
    private static final Set<String> CHANGEABLE = Set.of(
            "name",
            "scopes",
            "limits",
            "limits.executions_per_minute",
            "limits.executions_per_day",
            "limits.memory_mib",
            "limits.run_time_ms",
            "expires_at");
    private static final int MADE_PER_DAY_FACTOR = 10;

    private final AdminStore store;
    private final MinuteCounts changes;
    private final int keysPerAccount;
    private final Supplier<UUID> ids;
    private final SecureRandom random;

    KeyAdmin(AdminStore store, MinuteCounts changes, int keysPerAccount, Supplier<UUID> ids, SecureRandom random) {
        this.store = store;
        this.changes = changes;
        this.keysPerAccount = keysPerAccount;
        this.ids = ids;
        this.random = random;
    }

    /**
     * What a key is to be.
     *
     * @param scopes lower-case words
     */
    public record KeyWish(String name, List<String> scopes, LimitRules.LimitsWish limits, Optional<Instant> expiresAt) {
        public KeyWish {
            scopes = List.copyOf(scopes);
        }
    }

    /**
     * An issued key.
     *
     * @param secret empty: an earlier request issued the key, and its secret is gone
     * @param replaced what it replaces
     */
    public record Issued(IssuedKey key, Optional<ApiKey> secret, Optional<IssuedKey> replaced) {}

    /** Issues a key for an account, by default the caller's own. */
    public Issued create(Actor actor, String userId, KeyWish wish, String requestId) {
        takeChange(actor);
        FieldRules rules = new FieldRules();
        UUID accountId = Requests.accountMeant(actor, rules, userId);
        rules.keyName(wish.name());
        Set<Scope> scopes = wish.scopes().isEmpty() ? FieldRules.DEFAULT_SCOPES : rules.scopes(wish.scopes());
        Optional<UUID> request = rules.requestId(requestId);
        return store.inTransaction(transaction -> {
            Account account = transaction
                    .lockAccount(accountId)
                    .orElseThrow(() -> refused(new AdminRefusal.AccountNotFound(userId)));
            UUID id = ids.get();
            Fingerprint content =
                    new Fingerprint().add("CreateApiKey").add(accountId).add(wish);
            Optional<IssuedKey> earlier = Requests.earlierResult(transaction, actor, request, content, id.toString())
                    .flatMap(result -> transaction.key(UUID.fromString(result)));
            if (earlier.isPresent()) {
                return new Issued(earlier.get(), Optional.empty(), Optional.empty());
            }
            KeyLimits limits = LimitRules.of(rules, transaction, account).all(wish.limits());
            Optional<Instant> expiresAt = rules.expiry(micros(wish.expiresAt()), transaction.now());
            CallersKey.of(transaction, actor).check(rules, limits, expiresAt);
            rules.check();
            requireScopes(actor, scopes);
            return issue(
                    transaction,
                    new AuditEntryStart(actor, "CreateApiKey", request),
                    key(id, accountId, wish.name(), scopes, limits, expiresAt, transaction.now()),
                    Optional.empty());
        });
    }

    /** One key. */
    public IssuedKey get(Actor actor, String keyId) {
        FieldRules rules = new FieldRules();
        UUID id = rules.id("key_id", keyId);
        rules.check();
        return store.inSnapshot(transaction -> visible(actor, transaction.key(id), keyId));
    }

    /** A page of an account's keys, newest first; by default the caller's own account. */
    public List<IssuedKey> list(Actor actor, String userId, Optional<Place> after, int size) {
        UUID accountId = Requests.accountMeant(actor, new FieldRules(), userId);
        return store.inSnapshot(transaction -> {
            if (transaction.account(accountId).isEmpty()) {
                throw refused(new AdminRefusal.AccountNotFound(userId));
            }
            return transaction.keys(accountId, after, size);
        });
    }

    /** Changes what {@code mask} names. */
    public IssuedKey update(Actor actor, String keyId, List<String> mask, KeyWish wish, String etag) {
        takeChange(actor);
        FieldRules rules = new FieldRules();
        UUID id = rules.id("key_id", keyId);
        Set<String> changed = rules.mask(mask, CHANGEABLE);
        rules.etag(etag);
        return store.inTransaction(transaction -> {
            rules.check();
            Account account = lockAccountOf(transaction, actor, id, keyId);
            IssuedKey before = visible(actor, transaction.lockKey(id), keyId);
            requireScopes(actor, before.scopes());
            CallersKey callers = CallersKey.of(transaction, actor);
            callers.requireReach(before);
            Requests.requireEtag(etag, before.etag());
            requireActive(before, transaction.now());
            Set<Scope> scopes = changed.contains("scopes") ? rules.scopesNotEmpty(wish.scopes()) : before.scopes();
            IssuedKey wanted = before.with(
                    changed.contains("name") ? rules.keyName(wish.name()) : before.name(),
                    scopes,
                    LimitRules.of(rules, transaction, account).changed(changed, before.limits(), wish.limits()),
                    changed.contains("expires_at")
                            ? rules.expiry(micros(wish.expiresAt()), transaction.now())
                            : before.expiresAt());
            callers.check(rules, wanted.limits(), wanted.expiresAt());
            rules.check();
            requireScopes(actor, scopes);
            return wanted.equals(before) ? before : change(transaction, actor, "UpdateApiKey", before, wanted);
        });
    }

    /** Issues a key like another one, which goes on for a grace period. */
    public Issued rotate(Actor actor, String keyId, Optional<Duration> grace, String requestId) {
        takeChange(actor);
        FieldRules rules = new FieldRules();
        UUID id = rules.id("key_id", keyId);
        Duration period = rules.grace(grace);
        Optional<UUID> request = rules.requestId(requestId);
        rules.check();
        return store.inTransaction(transaction -> {
            lockAccountOf(transaction, actor, id, keyId);
            IssuedKey before = visible(actor, transaction.lockKey(id), keyId);
            requireScopes(actor, before.scopes());
            CallersKey.of(transaction, actor).requireReach(before);
            UUID newId = ids.get();
            Fingerprint content = new Fingerprint().add("RotateApiKey").add(id).add(period);
            Optional<IssuedKey> earlier = Requests.earlierResult(transaction, actor, request, content, newId.toString())
                    .flatMap(result -> transaction.key(UUID.fromString(result)));
            if (earlier.isPresent()) {
                return new Issued(earlier.get(), Optional.empty(), Optional.of(before));
            }
            requireActive(before, transaction.now());
            Instant end = transaction.now().plus(period);
            IssuedKey replaced = transaction.updateKey(before.with(
                    before.name(),
                    before.scopes(),
                    before.limits(),
                    Optional.of(before.expiresAt()
                            .filter(expiry -> expiry.isBefore(end))
                            .orElse(end))));
            return issue(
                    transaction,
                    new AuditEntryStart(actor, "RotateApiKey", request),
                    key(
                            newId,
                            before.accountId(),
                            before.name(),
                            before.scopes(),
                            before.limits(),
                            before.expiresAt(),
                            transaction.now()),
                    Optional.of(new Replacement(before, replaced)));
        });
    }

    /** Ends a key, or changes nothing. */
    public IssuedKey revoke(Actor actor, String keyId) {
        takeChange(actor);
        FieldRules rules = new FieldRules();
        UUID id = rules.id("key_id", keyId);
        rules.check();
        return store.inTransaction(transaction -> {
            IssuedKey before = visible(actor, transaction.lockKey(id), keyId);
            // A leaked key must be stopped whatever it can do; only an operator's is not an owner's to stop.
            if (before.scopes().contains(Scope.ADMIN)) {
                requireScopes(actor, Set.of(Scope.ADMIN));
            }
            if (actor.keyId().filter(id::equals).isPresent()) {
                throw refused(new AdminRefusal.OwnKey());
            }
            if (before.revokedAt().isPresent()) {
                return before;
            }
            IssuedKey after = transaction.revokeKey(id);
            audit(transaction, new AuditEntryStart(actor, "RevokeApiKey", Optional.empty()), before, after);
            return after;
        });
    }

    private record AuditEntryStart(Actor actor, String action, Optional<UUID> requestId) {}

    private record Replacement(IssuedKey before, IssuedKey after) {}

    private Issued issue(
            AdminTransaction transaction, AuditEntryStart entry, IssuedKey wanted, Optional<Replacement> replacement) {
        // A key in its grace period does not stand in the way of the one that replaces it.
        requireRoom(transaction.keyCount(wanted.accountId()), keysPerAccount + (replacement.isPresent() ? 1 : 0));
        ApiKey secret = ApiKey.generate(random);
        IssuedKey key = transaction.insertKey(wanted, secret.hash());
        AuditEntry issued = AuditEntry.done(entry.actor(), entry.action(), Optional.of(key.accountId()), key.target())
                .to(key.json())
                .requestedAs(entry.requestId());
        transaction.audit(issued);
        replacement.ifPresent(old -> audit(transaction, entry, old.before(), old.after()));
        return new Issued(key, Optional.of(secret), replacement.map(Replacement::after));
    }

    private static IssuedKey change(
            AdminTransaction transaction, Actor actor, String action, IssuedKey before, IssuedKey wanted) {
        IssuedKey after = transaction.updateKey(wanted);
        audit(transaction, new AuditEntryStart(actor, action, Optional.empty()), before, after);
        return after;
    }

    private static void audit(AdminTransaction transaction, AuditEntryStart entry, IssuedKey before, IssuedKey after) {
        transaction.audit(AuditEntry.done(entry.actor(), entry.action(), Optional.of(after.accountId()), after.target())
                .from(before.json())
                .to(after.json())
                .requestedAs(entry.requestId()));
    }

    // The same order of locks everywhere: the account, then the key.
    private static Account lockAccountOf(AdminTransaction transaction, Actor actor, UUID keyId, String asked) {
        IssuedKey key = visible(actor, transaction.key(keyId), asked);
        return transaction.lockAccount(key.accountId()).orElseThrow(() -> refused(new AdminRefusal.KeyNotFound(asked)));
    }

    private static IssuedKey visible(Actor actor, Optional<IssuedKey> key, String asked) {
        return key.filter(found -> actor.isOperator() || found.accountId().equals(actor.ownAccount()))
                .orElseThrow(() -> refused(new AdminRefusal.KeyNotFound(asked)));
    }

    private static void requireScopes(Actor actor, Set<Scope> scopes) {
        if (!actor.isOperator()) {
            for (Scope scope : new TreeSet<>(scopes)) {
                if (!actor.scopes().contains(scope)) {
                    throw refused(new AdminRefusal.ScopeNotHeld(scope));
                }
            }
        }
    }

    private static void requireActive(IssuedKey key, Instant now) {
        if (!key.isActive(now)) {
            throw refused(new AdminRefusal.KeyNotActive(key.id().toString()));
        }
    }

    private void requireRoom(KeyCount count, int mostActive) {
        if (count.active() >= mostActive) {
            throw refused(new AdminRefusal.KeyLimitReached(keysPerAccount, "at once"));
        }
        if (count.madeToday() >= MADE_PER_DAY_FACTOR * keysPerAccount) {
            throw refused(new AdminRefusal.KeyLimitReached(MADE_PER_DAY_FACTOR * keysPerAccount, "in 24 hours"));
        }
    }

    private void takeChange(Actor actor) {
        if (!actor.isOperator()) {
            changes.take(actor.keyId().orElseGet(actor::ownAccount).toString()).ifPresent(wait -> {
                throw refused(new AdminRefusal.ChangesSpent(changes.limit(), wait));
            });
        }
    }

    // PostgreSQL keeps microseconds: what is compared and hashed must be what is stored.
    private static Optional<Instant> micros(Optional<Instant> time) {
        return time.map(instant -> instant.truncatedTo(ChronoUnit.MICROS));
    }

    private static IssuedKey key(
            UUID id,
            UUID accountId,
            String name,
            Set<Scope> scopes,
            KeyLimits limits,
            Optional<Instant> expiresAt,
            Instant now) {
        return new IssuedKey(
                id, accountId, name, scopes, limits, expiresAt, Optional.empty(), Optional.empty(), now, now);
    }
}

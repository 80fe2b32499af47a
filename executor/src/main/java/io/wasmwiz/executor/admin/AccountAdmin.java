package io.wasmwiz.executor.admin;

import static io.wasmwiz.executor.admin.Requests.refused;

import io.wasmwiz.executor.admin.AdminTransaction.AccountFilter;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Accounts. Every method is one transaction, audit event included; refusals are thrown as
 * {@link io.wasmwiz.executor.refusal.RefusedException}. Thread-safe; methods block.
 */
public final class AccountAdmin {
    private final AdminStore store;
    private final Supplier<UUID> ids;

    AccountAdmin(AdminStore store, Supplier<UUID> ids) {
        this.store = store;
        this.ids = ids;
    }

    /** Opens an account. */
    public Made<Account> create(Actor actor, String name, String tier, String requestId) {
        FieldRules rules = new FieldRules();
        rules.accountName(name);
        Optional<UUID> request = rules.requestId(requestId);
        UUID id = ids.get();
        return store.inTransaction(transaction -> {
            if (transaction.tier(tier).isEmpty()) {
                rules.unknownTier(tier);
            }
            rules.check();
            Fingerprint content = new Fingerprint().add("CreateUser").add(name).add(tier);
            Optional<String> earlier = Requests.earlierResult(transaction, actor, request, content, id.toString());
            if (earlier.isPresent()) {
                return new Made<>(found(transaction.account(UUID.fromString(earlier.get())), earlier.get()), true);
            }
            Account account = transaction
                    .insertAccount(id, name, tier)
                    .orElseThrow(() -> refused(new AdminRefusal.AccountNameTaken(name)));
            transaction.audit(AuditEntry.done(actor, "CreateUser", Optional.of(id), account.target())
                    .to(account.json())
                    .requestedAs(request));
            return new Made<>(account, false);
        });
    }

    /** One account by id; to an owner the own one only. Empty: the caller's own. */
    public Account get(Actor actor, String userId) {
        UUID id = Requests.accountMeant(actor, new FieldRules(), userId);
        return store.inSnapshot(transaction -> found(transaction.account(id), id.toString()));
    }

    /** One account by name; to an owner the own one only. */
    public Account getNamed(Actor actor, String name) {
        return store.inSnapshot(transaction -> found(
                transaction
                        .accountNamed(name)
                        .filter(account -> actor.isOperator() || account.id().equals(actor.ownAccount())),
                name));
    }

    /** A page, newest first. */
    public List<Account> list(String tier, Optional<Boolean> active, Optional<Place> after, int size) {
        Optional<String> onTier = tier.isEmpty() ? Optional.empty() : Optional.of(tier);
        return store.inSnapshot(transaction -> transaction.accounts(new AccountFilter(onTier, active), after, size));
    }

    /** Moves an account to another tier. */
    public Account changeTier(Actor actor, String userId, String tier, String etag) {
        FieldRules rules = new FieldRules();
        UUID id = rules.id("user_id", userId);
        rules.etag(etag);
        return store.inTransaction(transaction -> {
            if (transaction.tier(tier).isEmpty()) {
                rules.unknownTier(tier);
            }
            rules.check();
            Account before = found(transaction.lockAccount(id), userId);
            Requests.requireEtag(etag, before.etag());
            return update(transaction, actor, "UpdateUserTier", before, tier, before.active());
        });
    }

    /** Stops an account, or changes nothing. */
    public Account suspend(Actor actor, String userId) {
        return setActive(actor, "SuspendUser", userId, false);
    }

    /** Lets an account go on, or changes nothing. */
    public Account resume(Actor actor, String userId) {
        return setActive(actor, "ResumeUser", userId, true);
    }

    private Account setActive(Actor actor, String action, String userId, boolean active) {
        FieldRules rules = new FieldRules();
        UUID id = rules.id("user_id", userId);
        rules.check();
        if (!active && id.equals(actor.ownAccount())) {
            throw refused(new AdminRefusal.OwnAccount());
        }
        return store.inTransaction(transaction -> {
            Account before = found(transaction.lockAccount(id), userId);
            return before.active() == active
                    ? before
                    : update(transaction, actor, action, before, before.tier(), active);
        });
    }

    private static Account update(
            AdminTransaction transaction, Actor actor, String action, Account before, String tier, boolean active) {
        Account after = transaction.updateAccount(before.id(), tier, active);
        transaction.audit(AuditEntry.done(actor, action, Optional.of(after.id()), after.target())
                .from(before.json())
                .to(after.json()));
        return after;
    }

    private static Account found(Optional<Account> account, String asked) {
        return account.orElseThrow(() -> refused(new AdminRefusal.AccountNotFound(asked)));
    }
}

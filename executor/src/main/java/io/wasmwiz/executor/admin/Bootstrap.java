package io.wasmwiz.executor.admin;

import com.fasterxml.uuid.Generators;
import io.wasmwiz.executor.auth.ApiKey;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.service.config.ConfigException;
import io.wasmwiz.service.config.Problems;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/** Makes the first operator: an account and a key with the scope {@code admin}, once for a database. Stateless. */
public final class Bootstrap {
    private Bootstrap() {}

    /** What came of it. */
    public sealed interface Result {
        /** The first operator, and the only sight of its secret. */
        record Made(Account account, ApiKey secret) implements Result {}

        /** There was one before. */
        record AlreadyDone() implements Result {}

        /** Another account has the name. */
        record NameTaken() implements Result {}
    }

    /**
     * Makes it, unless it was made before, whoever else tries at the same time.
     *
     * @param jdbi as a member of {@code wasmwiz_admin} or the owner of the schema
     * @param name of the account
     * @param tier of the account
     * @throws ConfigException when the name cannot be one, or there is no such tier
     */
    public static Result run(Jdbi jdbi, String name, String tier) {
        SecureRandom random = new SecureRandom();
        var ids = Generators.timeBasedEpochGenerator(random);
        return new PostgresAdminStore(jdbi).inTransaction(transaction -> {
            Problems problems = new Problems();
            problems.require(
                    FieldRules.isAccountName(name),
                    "--name must have 1 to 128 characters, no control characters and no surrounding blanks");
            problems.require(transaction.tier(tier).isPresent(), "--tier: there is no tier of this name");
            problems.check();
            UUID accountId = ids.generate();
            UUID keyId = ids.generate();
            if (!transaction.bootstrap(accountId, keyId)) {
                return new Result.AlreadyDone();
            }
            Optional<Account> account = transaction.insertAccount(accountId, name, tier);
            if (account.isEmpty()) {
                transaction.undo();
                return new Result.NameTaken();
            }
            ApiKey secret = ApiKey.generate(random);
            Instant now = transaction.now();
            IssuedKey key = transaction.insertKey(
                    new IssuedKey(
                            keyId,
                            accountId,
                            "bootstrap",
                            Set.of(Scope.ADMIN),
                            KeyLimits.NONE,
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            now,
                            now),
                    secret.hash());
            Actor actor = Actor.local(Actor.Kind.BOOTSTRAP, "wasmwiz admin bootstrap");
            transaction.audit(AuditEntry.done(
                            actor,
                            "CreateUser",
                            Optional.of(accountId),
                            account.get().target())
                    .to(account.get().json()));
            transaction.audit(AuditEntry.done(actor, "CreateApiKey", Optional.of(accountId), key.target())
                    .to(key.json()));
            return new Result.Made(account.get(), secret);
        });
    }
}

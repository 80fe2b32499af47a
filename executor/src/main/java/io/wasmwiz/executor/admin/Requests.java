package io.wasmwiz.executor.admin;

import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.UUID;

/** What the calls have in common: refusals, etags, whose account is meant, request ids. Stateless. */
final class Requests {
    private Requests() {}

    static RefusedException refused(AdminRefusal refusal) {
        return new RefusedException(new Refusal.AdminRefused(refusal));
    }

    /** Throws unless {@code given} is the etag in force. */
    static void requireEtag(String given, String current) {
        if (!given.equals(current)) {
            throw refused(new AdminRefusal.EtagMismatch(current));
        }
    }

    /** The account that a request names, or the actor's own; to an owner any other does not exist. */
    static UUID accountMeant(Actor actor, FieldRules rules, String userId) {
        if (userId.isEmpty()) {
            return actor.ownAccount();
        }
        UUID id = rules.id("user_id", userId);
        rules.check();
        if (!actor.isOperator() && !id.equals(actor.ownAccount())) {
            throw refused(new AdminRefusal.AccountNotFound(userId));
        }
        return id;
    }

    /**
     * Claims a request id.
     *
     * @param content of the request, which a repeat must equal
     * @param result what will be made
     * @return what the request made before; empty: it is new, or carries no id
     */
    static Optional<String> earlierResult(
            AdminTransaction transaction, Actor actor, Optional<UUID> requestId, Fingerprint content, String result) {
        byte[] hash = content.sha256();
        return requestId
                .flatMap(id -> transaction.claim(actor.ownAccount(), id, hash, result))
                .map(claim -> {
                    if (!MessageDigest.isEqual(claim.contentHash(), hash)) {
                        throw refused(new AdminRefusal.RequestIdReused());
                    }
                    return claim.result();
                });
    }
}

package io.wasmwiz.executor.admin;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** An event as it stands on the audit log. The hashes have 32 bytes and are not copied. */
public record AuditEvent(
        long seq,
        Instant at,
        Actor.Kind actor,
        Optional<UUID> actorAccountId,
        Optional<UUID> actorKeyId,
        String action,
        Optional<UUID> accountId,
        String target,
        Optional<String> before,
        Optional<String> after,
        Optional<UUID> requestId,
        String clientAddress,
        String userAgent,
        boolean done,
        Optional<String> reason,
        byte[] previousHash,
        byte[] hash) {
    /** What {@link #hash} must be; the database's {@code audit_hash} computes the same when it writes. */
    byte[] expectedHash() {
        return new Fingerprint()
                .raw(previousHash)
                .add(seq)
                .add(ChronoUnit.MICROS.between(Instant.EPOCH, at))
                .add(actor.name().toLowerCase(Locale.ROOT))
                .add(actorAccountId.orElse(null))
                .add(actorKeyId.orElse(null))
                .add(action)
                .add(accountId.orElse(null))
                .add(target)
                .add(before.orElse(null))
                .add(after.orElse(null))
                .add(requestId.orElse(null))
                .add(clientAddress)
                .add(userAgent)
                .add(done ? "done" : "denied")
                .add(reason.orElse(null))
                .sha256();
    }
}

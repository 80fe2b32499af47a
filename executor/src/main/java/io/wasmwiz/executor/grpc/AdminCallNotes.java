package io.wasmwiz.executor.grpc;

import io.wasmwiz.executor.admin.Actor;
import io.wasmwiz.executor.admin.AuditEntry;
import io.wasmwiz.executor.admin.Origin;
import io.wasmwiz.executor.auth.Caller;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What becomes known of one call of the admin service while it goes on, for its audit event. Thread-safe. */
final class AdminCallNotes {
    private static final int UUID_CHARACTERS = 36;

    private final Origin origin;
    private volatile @Nullable Caller caller;
    private volatile String target = "";
    private volatile Optional<UUID> requestId = Optional.empty();

    AdminCallNotes(Origin origin) {
        this.origin = origin;
    }

    void calledBy(Caller authenticated) {
        caller = authenticated;
    }

    /** Says what the call is about, as its client wrote it. */
    void about(String kind, String name) {
        target = name.isEmpty() ? "" : kind + "/" + name;
    }

    /** Notes a request id, if it is one. */
    void requestedAs(String text) {
        try {
            requestId = text.length() == UUID_CHARACTERS ? Optional.of(UUID.fromString(text)) : Optional.empty();
        } catch (IllegalArgumentException e) {
            requestId = Optional.empty();
        }
    }

    /** Who acts; for those past authentication. */
    Actor actor() {
        return caller().map(known -> Actor.of(known, origin)).orElseGet(() -> Actor.unknown(origin));
    }

    Optional<Caller> caller() {
        return Optional.ofNullable(caller);
    }

    AuditEntry denial(String method, String reason) {
        return AuditEntry.denied(actor(), method, target, requestId, reason);
    }
}

package io.wasmwiz.executor.admin;

import java.time.Instant;
import java.util.UUID;

/**
 * An account as an operator sees it.
 *
 * @param active false while it is suspended
 */
public record Account(UUID id, String name, String tier, boolean active, Instant createdAt, Instant updatedAt) {
    /** Changes with every change. */
    public String etag() {
        return new Fingerprint()
                .add(id)
                .add(name)
                .add(tier)
                .add(active)
                .add(updatedAt)
                .etag();
    }

    String target() {
        return "users/" + id;
    }

    String json() {
        return new JsonText()
                .put("user_id", id)
                .put("name", name)
                .put("tier", tier)
                .put("status", active ? "active" : "suspended")
                .toString();
    }
}

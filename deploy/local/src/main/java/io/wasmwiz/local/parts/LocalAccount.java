package io.wasmwiz.local.parts;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/**
 * A seeded account and its key.
 *
 * @param tier its tier
 * @param key shown to the developer who runs the stack; the database holds its hash
 */
public record LocalAccount(String tier, String key) {
    /** The tiers that migrations seed. */
    public static final List<String> TIERS = List.of("Free", "Basic", "Pro");

    private static final String INSERT_ACCOUNT = """
            INSERT INTO users (id, name, tier) VALUES (:id, :name, :tier) ON CONFLICT DO NOTHING
            """;
    private static final String INSERT_KEY = """
            INSERT INTO api_keys (id, user_id, name, key_hash)
            VALUES (:key_id, :id, 'local', :hash)
            ON CONFLICT DO NOTHING
            """;

    /** Makes the account and the key unless they are there. */
    void ensure(Jdbi jdbi, byte[] keyHash) {
        UUID id = stableId("account");
        jdbi.useTransaction(handle -> {
            handle.createUpdate(INSERT_ACCOUNT)
                    .bind("id", id)
                    .bind("name", "local-" + tier)
                    .bind("tier", tier)
                    .execute();
            handle.createUpdate(INSERT_KEY)
                    .bind("key_id", stableId("key"))
                    .bind("id", id)
                    .bind("hash", keyHash)
                    .execute();
        });
    }

    private UUID stableId(String what) {
        return UUID.nameUUIDFromBytes(("wasmwiz-local:" + what + ":" + tier).getBytes(StandardCharsets.UTF_8));
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "LocalAccount[" + tier + "]";
    }
}

package io.wasmwiz.local.chaos;

import io.wasmwiz.executor.auth.ApiKey;
import java.security.SecureRandom;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/**
 * An account of the load, on a tier of its own.
 *
 * @param callsPerSecond how often it calls
 * @param withRequestIds whether its calls have request ids
 * @param dailyLimit its tier's
 */
record Tenant(UUID account, String tier, String key, int callsPerSecond, boolean withRequestIds, int dailyLimit) {
    private static final String TIER = """
            INSERT INTO subscription_tiers
                (name, executions_per_minute, executions_per_day, memory_mib, run_time_ms, max_concurrency)
            VALUES (:tier, :limit, :limit, 16, 1000, 1000)
            """;
    private static final String ACCOUNT = "INSERT INTO users (id, name, tier) VALUES (:id, :tier, :tier)";
    private static final String KEY =
            "INSERT INTO api_keys (id, user_id, name, key_hash) VALUES (:key_id, :id, 'chaos', :hash)";

    /** Makes tier, account and key. */
    static Tenant create(Jdbi owner, String tier, int dailyLimit, int callsPerSecond, boolean withRequestIds) {
        UUID account = UUID.randomUUID();
        ApiKey key = ApiKey.generate(new SecureRandom());
        owner.useTransaction(handle -> {
            handle.createUpdate(TIER)
                    .bind("tier", tier)
                    .bind("limit", dailyLimit)
                    .execute();
            handle.createUpdate(ACCOUNT).bind("id", account).bind("tier", tier).execute();
            handle.createUpdate(KEY)
                    .bind("key_id", UUID.randomUUID())
                    .bind("id", account)
                    .bind("hash", key.hash().sha256())
                    .execute();
        });
        return new Tenant(account, tier, key.text(), callsPerSecond, withRequestIds, dailyLimit);
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "Tenant[" + tier + "]";
    }
}

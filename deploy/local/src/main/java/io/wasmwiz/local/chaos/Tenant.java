package io.wasmwiz.local.chaos;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.wasmwiz.client.ExecutorListProvider;
import io.wasmwiz.client.ServiceConfig;
import io.wasmwiz.executor.auth.ApiKey;
import io.wasmwiz.local.parts.BearerKey;
import java.security.SecureRandom;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Jdbi;

/**
 * An account of the load, on a tier of its own.
 *
 * @param callsPerSecond how often it calls, or items of its batches
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

    /** The shortest that executors allow: a stream whose answers are lost on the way ends so. */
    private static final long PING_SECONDS = 10;

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

    /** To any of {@code executors}, with the key and the retry policy that ships with the stubs. The caller closes it. */
    ManagedChannel channel(List<String> executors) {
        return Grpc.newChannelBuilder(ExecutorListProvider.target(executors), InsecureChannelCredentials.create())
                .defaultServiceConfig(withRequestIds ? ServiceConfig.forRequestIds() : ServiceConfig.standard())
                .enableRetry()
                .keepAliveTime(PING_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(PING_SECONDS, TimeUnit.SECONDS)
                .intercept(BearerKey.sent(key))
                .build();
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "Tenant[" + tier + "]";
    }
}

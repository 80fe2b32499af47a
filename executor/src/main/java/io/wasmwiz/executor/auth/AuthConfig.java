package io.wasmwiz.executor.auth;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * How callers are authenticated.
 *
 * @param required {@code --auth-required}: whether a call without a key is denied, default true; false is for development
 *     only, which the composition root enforces
 * @param epochPoll {@code --auth-epoch-poll}: pause between looks at whether keys, accounts or tiers changed, 10 ms to
 *     500 ms, default 250 ms; a revocation takes effect within this time and one look
 * @param stale {@code --auth-stale}: how long after the last such look cached keys serve while PostgreSQL is away, 1 s to
 *     60 s, default 60 s
 * @param cacheRefresh {@code --auth-cache-refresh}: age from which a cached answer is read again though nothing is known to
 *     have changed, 1 s to 1 h, default 10 min
 * @param cacheEntries {@code --auth-cache-entries}: keys remembered at most, 1 to 1,000,000, default 100,000
 * @param cacheUnknownEntries {@code --auth-cache-unknown-entries}: keys remembered at most that do not exist, 1 to
 *     1,000,000, default 10,000
 * @param failuresPerMinute {@code --auth-failures-per-minute}: authentications from one network (an IPv4 address, an IPv6
 *     /64) that may fail in a minute, 1 to 1,000,000, default 600
 * @param failureNetworks {@code --auth-failure-networks}: networks remembered at most whose authentications failed, 1 to
 *     1,000,000, default 100,000
 * @param databaseThreads {@code --auth-database-threads}: reads in progress at most, 1 to 64, default 2
 * @param databaseQueue {@code --auth-database-queue}: reads waiting at most, 1 to 100,000, default 1,000; a call beyond
 *     is answered as unavailable
 */
public record AuthConfig(
        boolean required,
        Duration epochPoll,
        Duration stale,
        Duration cacheRefresh,
        int cacheEntries,
        int cacheUnknownEntries,
        int failuresPerMinute,
        int failureNetworks,
        int databaseThreads,
        int databaseQueue) {
    /** The defaults above. */
    public static AuthConfig defaults() {
        return new AuthConfig(
                true,
                Duration.ofMillis(250),
                Duration.ofSeconds(60),
                Duration.ofMinutes(10),
                100_000,
                10_000,
                600,
                100_000,
                2,
                1_000);
    }

    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.requireRange("--auth-epoch-poll in ms", epochPoll.toMillis(), 10, 500);
        problems.requireRange("--auth-stale in ms", stale.toMillis(), 1_000, 60_000);
        problems.requireRange("--auth-cache-refresh in ms", cacheRefresh.toMillis(), 1_000, 3_600_000);
        problems.requireRange("--auth-cache-entries", cacheEntries, 1, 1_000_000);
        problems.requireRange("--auth-cache-unknown-entries", cacheUnknownEntries, 1, 1_000_000);
        problems.requireRange("--auth-failures-per-minute", failuresPerMinute, 1, 1_000_000);
        problems.requireRange("--auth-failure-networks", failureNetworks, 1, 1_000_000);
        problems.requireRange("--auth-database-threads", databaseThreads, 1, 64);
        problems.requireRange("--auth-database-queue", databaseQueue, 1, 100_000);
    }
}

package io.wasmwiz.executor.auth;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * How callers are authenticated.
 *
 * @param required {@code --auth-required}: whether a call without a key is denied, default true; false is for development
 *     only, which the composition root enforces
 * @param cacheTtl {@code --auth-cache-ttl}: how long an answer of the database, good or bad, is believed, 1 ms to 1 s,
 *     default 500 ms; a revocation takes effect within this time
 * @param cacheEntries {@code --auth-cache-entries}: keys remembered at most, 1 to 1,000,000, default 100,000
 * @param databaseThreads {@code --auth-database-threads}: reads in progress at most, 1 to 64, default 2
 * @param databaseQueue {@code --auth-database-queue}: reads waiting at most, 1 to 100,000, default 1,000; a call beyond
 *     is answered as unavailable
 */
public record AuthConfig(
        boolean required, Duration cacheTtl, int cacheEntries, int databaseThreads, int databaseQueue) {
    /** The defaults above. */
    public static AuthConfig defaults() {
        return new AuthConfig(true, Duration.ofMillis(500), 100_000, 2, 1_000);
    }

    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.requireRange("--auth-cache-ttl in ms", cacheTtl.toMillis(), 1, 1_000);
        problems.requireRange("--auth-cache-entries", cacheEntries, 1, 1_000_000);
        problems.requireRange("--auth-database-threads", databaseThreads, 1, 64);
        problems.requireRange("--auth-database-queue", databaseQueue, 1, 100_000);
    }
}

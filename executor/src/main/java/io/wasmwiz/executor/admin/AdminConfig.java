package io.wasmwiz.executor.admin;

import io.wasmwiz.service.config.Problems;
import io.wasmwiz.service.database.DatabaseConfig;
import io.wasmwiz.service.database.DatabaseUrl;
import java.time.Duration;

/**
 * The admin service.
 *
 * @param enabled {@code --admin-service}: whether it is served, default false
 * @param databaseUrl {@code --admin-database-url}: where it finds the database, as a member of {@code wasmwiz_admin};
 *     required where it is served
 * @param threads {@code --admin-threads}: its database calls in progress at most, each on a connection of its own, 1 to
 *     16, default 2
 * @param queue {@code --admin-queue}: calls waiting for them at most, 1 to 10,000, default 100
 * @param keysPerAccount {@code --admin-keys-per-account}: keys that an account may have, revoked and expired ones
 *     aside, 1 to 10,000, default 100; in one day it may make ten times as many
 * @param changesPerMinute {@code --admin-changes-per-minute}: changes of keys by one owner's key within a UTC minute, 1
 *     to 10,000, default 60; operators are not counted
 * @param denialsPerMinute {@code --admin-denials-per-minute}: denied calls of one key, or of one address without a known
 *     key, that get an audit event of their own within a UTC minute, 1 to 1,000, default 10; ten times as many for all
 *     together, and one event counts the rest
 */
public record AdminConfig(
        boolean enabled,
        String databaseUrl,
        int threads,
        int queue,
        int keysPerAccount,
        int changesPerMinute,
        int denialsPerMinute) {
    /** Switched off, with the defaults above. */
    public static AdminConfig defaults() {
        return new AdminConfig(false, "", 2, 100, 100, 60, 10);
    }

    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.require(
                !enabled || !databaseUrl.isEmpty(),
                "--admin-database-url is required with --admin-service: a login that is a member of wasmwiz_admin");
        problems.require(
                databaseUrl.isEmpty() || DatabaseUrl.isValid(databaseUrl),
                "--admin-database-url must be postgresql://user:password@host:port/database or jdbc:postgresql://…");
        problems.requireRange("--admin-threads", threads, 1, 16);
        problems.requireRange("--admin-queue", queue, 1, 10_000);
        problems.requireRange("--admin-keys-per-account", keysPerAccount, 1, 10_000);
        problems.requireRange("--admin-changes-per-minute", changesPerMinute, 1, 10_000);
        problems.requireRange("--admin-denials-per-minute", denialsPerMinute, 1, 1_000);
    }

    /** One connection a thread. */
    DatabaseConfig database(Duration connectionTimeout) {
        return new DatabaseConfig(databaseUrl, threads, connectionTimeout);
    }

    /** Without the URL, which holds a password. */
    @Override
    public String toString() {
        return "AdminConfig[enabled=" + enabled + ", threads=" + threads + ", queue=" + queue + "]";
    }
}

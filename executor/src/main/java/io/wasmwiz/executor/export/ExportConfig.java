package io.wasmwiz.executor.export;

import io.wasmwiz.service.config.Problems;
import io.wasmwiz.service.database.DatabaseConfig;
import io.wasmwiz.service.database.DatabaseUrl;
import java.time.Duration;

/**
 * What streams usage: the export and the watches of quotas.
 *
 * @param databaseUrl {@code --export-database-url}: where it reads, for example a read replica; empty: the executor's
 *     own database. A login with the executor's rights
 * @param threads {@code --export-threads}: pages read at once, each on a connection of its own, 1 to 16, default 2
 * @param maxStreams {@code --export-max-streams}: exports in progress at most, 1 to 1,000, default 32
 * @param pageRows {@code --export-page-rows}: executions read in one transaction at most, 1 to 100,000, default 8,192;
 *     a stream keeps at most about two pages in memory
 * @param followInterval {@code --export-follow-interval}: how often a stream that follows looks for more, 10 ms to 1 min,
 *     default 200 ms
 * @param maxWatches {@code --quota-max-watches}: watches of quotas in progress at most, 1 to 10,000, default 256
 * @param tokenKeys {@code --usage-token-keys}: see {@link TokenKeys#parse}; empty: a random key, so that tokens are good
 *     for this process only
 */
public record ExportConfig(
        String databaseUrl,
        int threads,
        int maxStreams,
        int pageRows,
        Duration followInterval,
        int maxWatches,
        String tokenKeys) {
    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.require(
                databaseUrl.isEmpty() || DatabaseUrl.isValid(databaseUrl),
                "--export-database-url must be postgresql://user:password@host:port/database or jdbc:postgresql://…");
        problems.requireRange("--export-threads", threads, 1, 16);
        problems.requireRange("--export-max-streams", maxStreams, 1, 1_000);
        problems.requireRange("--export-page-rows", pageRows, 1, 100_000);
        problems.requireRange("--export-follow-interval in ms", followInterval.toMillis(), 10, 60_000);
        problems.requireRange("--quota-max-watches", maxWatches, 1, 10_000);
        problems.require(
                tokenKeys.isEmpty() || TokenKeys.isValid(tokenKeys), "--usage-token-keys must be %s", TokenKeys.FORM);
    }

    /** The keys that tokens are signed with. */
    public TokenKeys keys() {
        return tokenKeys.isEmpty() ? TokenKeys.random() : TokenKeys.parse(tokenKeys);
    }

    /** One connection a thread. */
    DatabaseConfig database(DatabaseConfig own) {
        return new DatabaseConfig(databaseUrl.isEmpty() ? own.url() : databaseUrl, threads, own.connectionTimeout());
    }

    /** Without URL and keys. */
    @Override
    public String toString() {
        return "ExportConfig[threads=" + threads + ", maxStreams=" + maxStreams + ", pageRows=" + pageRows
                + ", followInterval=" + followInterval + ", maxWatches=" + maxWatches + "]";
    }
}

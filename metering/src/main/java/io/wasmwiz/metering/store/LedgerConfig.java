package io.wasmwiz.metering.store;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * Bounds of the ledger's transactions.
 *
 * @param statementTimeout longest statement, 100 ms to 25 s (the driver gives up on a silent server after 30 s)
 * @param lockTimeout longest wait for a lock, 100 ms up to the statement's time-out
 * @param lastUsedGranularity how much newer a use must be before {@code api_keys.last_used_at} is written again, 0 to 1 h
 * @param transactionTimeout age from which another worker's transaction counts as stuck and is ended, longer than the
 *     statement's time-out, up to 1 h
 * @param partitionsAheadDays days for which partitions are made ahead, 1 to 60
 * @param retentionDays whole days before today that the ledger keeps, 1 to 3,650
 * @param rollupRetentionDays whole days before today whose rollups are kept, {@code retentionDays} to 7,300
 */
public record LedgerConfig(
        Duration statementTimeout,
        Duration lockTimeout,
        Duration transactionTimeout,
        Duration lastUsedGranularity,
        int partitionsAheadDays,
        int retentionDays,
        int rollupRetentionDays) {
    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.requireRange("--statement-timeout in ms", statementTimeout.toMillis(), 100, 25_000);
        problems.requireRange("--lock-timeout in ms", lockTimeout.toMillis(), 100, statementTimeout.toMillis());
        problems.requireRange(
                "--transaction-timeout in ms",
                transactionTimeout.toMillis(),
                statementTimeout.toMillis() + 1,
                3_600_000);
        problems.requireRange("--retention-days", retentionDays, 1, 3_650);
        problems.requireRange("--rollup-retention-days", rollupRetentionDays, retentionDays, 7_300);
        problems.requireRange("--last-used-granularity in ms", lastUsedGranularity.toMillis(), 0, 3_600_000);
        problems.requireRange("--partitions-ahead-days", partitionsAheadDays, 1, 60);
    }
}

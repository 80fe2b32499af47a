package io.wasmwiz.metering;

import io.wasmwiz.metering.consume.LogConfig;
import io.wasmwiz.metering.lease.LeaseConfig;
import io.wasmwiz.metering.reconcile.ReconcileConfig;
import io.wasmwiz.metering.store.LedgerConfig;
import io.wasmwiz.service.config.Problems;
import io.wasmwiz.service.database.DatabaseConfig;
import java.time.Duration;

/**
 * Everything that a worker can be told.
 *
 * @param admin where metrics and health are served
 * @param database where the ledger is
 * @param log where the events are
 * @param ledger bounds of the ledger's transactions
 * @param leases when leases are closed for executors that are gone
 * @param reconcile how the books are compared with the log now and then
 * @param drainTimeout how long stopping may take to finish the batch in hand, 1 s to 5 min
 */
public record MeteringConfig(
        AdminConfig admin,
        DatabaseConfig database,
        LogConfig log,
        LedgerConfig ledger,
        LeaseConfig leases,
        ReconcileConfig reconcile,
        Duration drainTimeout) {
    /**
     * The admin port.
     *
     * @param port TCP port; 0 takes a free one
     */
    public record AdminConfig(String host, int port) {}

    /** Throws with every fault. */
    public MeteringConfig checked() {
        Problems problems = new Problems();
        problems.require(!admin.host().isBlank(), "--admin-host must not be empty");
        problems.requireRange("--admin-port", admin.port(), 0, 65_535);
        database.check(problems);
        problems.require(
                database.poolSize() >= 5,
                "--database-pool-size must be 5 or more: for the batch, leases, retention, the watermark and health");
        log.check(problems);
        ledger.check(problems);
        leases.check(problems);
        reconcile.check(problems);
        problems.requireRange("--drain-timeout in ms", drainTimeout.toMillis(), 1_000, 300_000);
        problems.check();
        return this;
    }
}

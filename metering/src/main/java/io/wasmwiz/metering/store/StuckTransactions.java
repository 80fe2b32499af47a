package io.wasmwiz.metering.store;

import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends sessions of workers that stopped in the middle of a transaction: a worker that was suspended, or whose machine is
 * gone, would otherwise keep the positions of its partitions locked, and the worker that has taken them over waiting. No
 * time-out of PostgreSQL's does this: while a COPY waits for its client, {@code statement_timeout} and {@code
 * transaction_timeout} are not looked at. What such a transaction wrote is rolled back, and a worker that comes to itself
 * finds its session gone and its position moved. Thread-safe.
 */
public final class StuckTransactions {
    private static final Logger log = LoggerFactory.getLogger(StuckTransactions.class);

    /** Sessions of the same login only, which is what PostgreSQL allows. */
    // In two steps, so that no condition of the first can come after the deed.
    private static final String END = """
            WITH stuck AS MATERIALIZED (
                SELECT pid FROM pg_stat_activity
                WHERE datname = current_database() AND usename = current_user AND application_name = :application
                  AND pid <> pg_backend_pid()
                  AND xact_start < now() - :limitMillis * interval '1 millisecond')
            SELECT pid FROM stuck WHERE pg_terminate_backend(pid)
            """;

    private final Jdbi jdbi;
    private final String application;
    private final LedgerConfig config;

    /**
     * For the sessions of one application.
     *
     * @param application their {@code application_name}
     */
    public StuckTransactions(Jdbi jdbi, String application, LedgerConfig config) {
        this.jdbi = jdbi;
        this.application = application;
        this.config = config;
    }

    /** Ends those that are older than the transaction time-out. */
    public void end() {
        var ended = jdbi.withHandle(handle -> handle.createQuery(END)
                .bind("application", application)
                .bind("limitMillis", config.transactionTimeout().toMillis())
                .mapTo(Integer.class)
                .list());
        if (!ended.isEmpty()) {
            log.atWarn().addKeyValue("sessions", ended).log("sessions ended: their transactions stood still");
        }
    }
}

package io.wasmwiz.metering.reconcile;

import io.wasmwiz.metering.consume.LogUnavailableException;
import io.wasmwiz.service.database.DatabaseUrl;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.jdbi.v3.core.Jdbi;

/**
 * Compares the books with the log over connections of its own, opened for each comparison: not the services' pool, whose
 * connections give up on an answer after 30 s, while sorting a large ledger takes longer. Thread-safe.
 */
final class Reconciler {
    private final Jdbi jdbi;
    private final LogSource log;

    /**
     * Where the log is.
     *
     * @param bootstrapServers {@code host:port}, comma-separated
     * @param clientProperties Kafka client settings for TLS and SASL
     * @param timeout longest wait for an answer of the brokers, or for the next record
     */
    record LogSource(String bootstrapServers, Map<String, String> clientProperties, String topic, Duration timeout) {}

    Reconciler(DatabaseUrl url, LogSource log) {
        this.jdbi = connect(url);
        this.log = log;
    }

    private static Jdbi connect(DatabaseUrl url) {
        Properties properties = new Properties();
        if (url.user() != null) {
            properties.setProperty("user", url.user());
        }
        if (url.password() != null) {
            properties.setProperty("password", url.password());
        }
        properties.setProperty("ApplicationName", "wasmwiz-reconcile");
        properties.setProperty("loginTimeout", "5");
        properties.setProperty("tcpKeepAlive", "true");
        return Jdbi.create(url.jdbcUrl(), properties);
    }

    /** A connection a handle. */
    Jdbi jdbi() {
        return jdbi;
    }

    /**
     * Compares rows, leases and counters with each other and with the log as far as it reaches.
     *
     * @param statementTimeout longest SQL statement
     * @param timeout longest in whole
     * @throws LogUnavailableException when Kafka does not answer
     * @throws ReconcileTimeoutException when {@code timeout} is over
     */
    Report run(Days days, int maxFindings, Duration statementTimeout, Duration timeout)
            throws LogUnavailableException, ReconcileTimeoutException, InterruptedException {
        Deadline deadline = new Deadline(System.nanoTime(), timeout);
        try (Books books = Books.open(jdbi, log.topic(), days, statementTimeout);
                EventLog events =
                        EventLog.open(log.bootstrapServers(), log.clientProperties(), log.topic(), log.timeout())) {
            return Reconciliation.run(books, events, maxFindings, deadline);
        }
    }
}

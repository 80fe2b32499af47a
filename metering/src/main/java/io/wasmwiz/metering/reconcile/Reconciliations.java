package io.wasmwiz.metering.reconcile;

import java.time.Duration;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** The table {@code reconciliations}, and the turn to add to it. Thread-safe. */
final class Reconciliations {
    private static final String TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext('wasmwiz_reconciliation'))";
    private static final String NEWEST = """
            SELECT drift, (extract(epoch FROM now() - as_of) * 1000)::bigint AS age_millis
            FROM reconciliations ORDER BY id DESC LIMIT 1
            """;
    private static final String BEGIN = """
            SELECT now() AS as_of, (now() AT TIME ZONE 'UTC')::date - CAST(:days AS integer) + 1 AS since
            """;
    private static final String ADD = """
            INSERT INTO reconciliations (since, as_of, log_records, rows, leases, counters, drift, findings)
            VALUES (:since, :asOf, :logRecords, :rows, :leases, :counters, :drift, :findings)
            """;
    private static final String FORGET = """
            DELETE FROM reconciliations WHERE id <= (SELECT max(id) FROM reconciliations) - :kept
            """;
    private static final int KEPT = 1_000;

    /** A result and its age, by PostgreSQL's clock. */
    record Newest(long drift, Duration age) {}

    /** When and from which day on, by PostgreSQL's clock. */
    record Begin(OffsetDateTime asOf, LocalDate since) {}

    private final Jdbi jdbi;

    Reconciliations(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    Optional<Newest> newest() {
        return jdbi.withHandle(handle -> handle.createQuery(NEWEST)
                .map((row, context) ->
                        new Newest(row.getLong("drift"), Duration.ofMillis(Math.max(0, row.getLong("age_millis")))))
                .findOne());
    }

    /** The turn of one process among all, which its taker closes; empty: another has it. It ends with its session. */
    Optional<Turn> tryTurn() {
        Handle handle = jdbi.open();
        try {
            if (handle.createQuery(TRY_LOCK).mapTo(Boolean.class).one()) {
                return Optional.of(new Turn(handle));
            }
            handle.close();
            return Optional.empty();
        } catch (RuntimeException e) {
            handle.close();
            throw e;
        }
    }

    /** The right to reconcile. */
    static final class Turn implements AutoCloseable {
        private final Handle handle;

        private Turn(Handle handle) {
            this.handle = handle;
        }

        /** Now, and the first of the last {@code days} days. */
        Begin begin(int days) {
            return handle.createQuery(BEGIN)
                    .bind("days", days)
                    .map((row, context) -> new Begin(
                            row.getObject("as_of", OffsetDateTime.class), row.getObject("since", LocalDate.class)))
                    .one();
        }

        /** Keeps the result of what was begun, and forgets the oldest beyond a thousand. */
        void add(Begin begin, Report report) {
            handle.useTransaction(transaction -> {
                transaction
                        .createUpdate(ADD)
                        .bind("since", begin.since())
                        .bind("asOf", begin.asOf())
                        .bind("logRecords", report.logRecords())
                        .bind("rows", report.rows())
                        .bind("leases", report.leases())
                        .bind("counters", report.counters())
                        .bind("drift", report.drift())
                        .bindArray(
                                "findings",
                                String.class,
                                report.findings().stream()
                                        .map(Finding::sentence)
                                        .toArray())
                        .execute();
                transaction.createUpdate(FORGET).bind("kept", KEPT).execute();
            });
        }

        @Override
        public void close() {
            handle.close();
        }
    }
}

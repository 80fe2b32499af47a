package io.wasmwiz.service.database;

import java.time.Duration;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Refuses to serve on a schema that the code does not fit. */
public final class SchemaCheck {
    /** The oldest schema version this build works on: the number of the newest migration that it needs. */
    public static final int REQUIRED_VERSION = 11;

    private static final Logger log = LoggerFactory.getLogger(SchemaCheck.class);

    private static final String APPLIED = """
            SELECT max(version::integer) FILTER (WHERE success) FROM schema_version
            """;
    private static final String PRESENT = "SELECT to_regclass('schema_version') IS NOT NULL";

    private SchemaCheck() {}

    /**
     * Waits until PostgreSQL answers, at most {@code wait}, and compares. A newer schema is fine: migrations only add
     * until every service has moved on.
     *
     * @return the schema's version
     * @throws SchemaMismatchException when migrations are missing, naming the command to run
     */
    public static int require(Database database, Duration wait) throws InterruptedException {
        awaitServer(database, wait);
        Optional<Integer> applied = appliedVersion(database.jdbi());
        if (applied.isEmpty() || applied.get() < REQUIRED_VERSION) {
            throw new SchemaMismatchException(
                    "the database schema is at version %s and this build needs %d: run `wasmwiz migrate` first"
                            .formatted(applied.map(String::valueOf).orElse("none"), REQUIRED_VERSION));
        }
        return applied.get();
    }

    /** The newest applied migration; empty when there is no schema. */
    public static Optional<Integer> appliedVersion(Jdbi jdbi) {
        return jdbi.withHandle(
                handle -> handle.createQuery(PRESENT).mapTo(Boolean.class).one()
                        ? handle.createQuery(APPLIED).mapTo(Integer.class).findOne()
                        : Optional.empty());
    }

    private static void awaitServer(Database database, Duration wait) throws InterruptedException {
        long deadline = System.nanoTime() + wait.toNanos();
        while (true) {
            try {
                database.ping();
                return;
            } catch (java.sql.SQLException e) {
                if (System.nanoTime() >= deadline) {
                    throw new SchemaMismatchException(
                            "PostgreSQL did not answer within " + wait.toSeconds() + " s: " + e.getMessage());
                }
                log.atInfo().addKeyValue("cause", e.getMessage()).log("waiting for PostgreSQL");
                Thread.sleep(500);
            }
        }
    }
}

package io.wasmwiz.testing;

import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives a test class databases with our schema, all on one server of this JVM, which starts with the first and stops with
 * the JVM. The server is fast, not durable: a test that kills its server starts an
 * {@link io.wasmwiz.embedded.EmbeddedPostgres} of its own.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final PostgresExtension POSTGRES = new PostgresExtension();
 *
 * private final TestDatabase database = POSTGRES.createDatabase();
 * }</pre>
 *
 * <p>Drops the databases after the class. Thread-safe.
 */
public final class PostgresExtension implements BeforeAllCallback, AfterAllCallback {
    private final Deque<TestDatabase> databases = new ArrayDeque<>();
    private int openClasses;

    /** A fresh database in which nobody else works: a copy of a migrated one, which takes some tens of milliseconds. */
    public synchronized TestDatabase createDatabase() {
        TestDatabase database = SharedPostgres.get().createDatabase();
        databases.push(database);
        return database;
    }

    @Override
    public synchronized void beforeAll(ExtensionContext context) {
        openClasses++;
        SharedPostgres.get();
    }

    // Nested classes call this too; the outermost one ends it.
    @Override
    public synchronized void afterAll(ExtensionContext context) {
        openClasses--;
        while (openClasses == 0 && !databases.isEmpty()) {
            databases.pop().close();
        }
    }
}

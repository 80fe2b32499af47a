package io.wasmwiz.executor.admin;

import io.wasmwiz.service.database.SchemaMismatchException;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;

/** Administration in PostgreSQL, as a member of {@code wasmwiz_admin}. Thread-safe; does not own the pool. */
final class PostgresAdminStore implements AdminStore {
    private static final int QUERY_SECONDS = 5;

    private final Jdbi jdbi;

    PostgresAdminStore(Jdbi jdbi) {
        this.jdbi = jdbi;
        jdbi.getConfig(SqlStatements.class).setQueryTimeout(QUERY_SECONDS);
    }

    private static final String RIGHTS = """
            SELECT has_any_column_privilege('audit_events', 'INSERT') AND has_any_column_privilege('users', 'UPDATE')
            """;

    /** Throws unless this login may do what is needed. */
    void requireRights() {
        boolean granted = jdbi.withHandle(
                handle -> handle.createQuery(RIGHTS).mapTo(Boolean.class).one());
        if (!granted) {
            throw new SchemaMismatchException(
                    "the login of --admin-database-url may not change accounts: GRANT wasmwiz_admin to it");
        }
    }

    // A lock that is not to be had soon is answered as a database that is away, with the advice to try again.
    private static final String LOCK_TIMEOUT = "SET LOCAL lock_timeout = '2s'";

    @Override
    public <T> T inTransaction(Function<AdminTransaction, T> work) {
        return jdbi.inTransaction(handle -> {
            handle.execute(LOCK_TIMEOUT);
            return work.apply(new PostgresAdminTransaction(handle));
        });
    }

    @Override
    public <T> T inSnapshot(Function<AdminTransaction, T> work) {
        return jdbi.inTransaction(
                TransactionIsolationLevel.REPEATABLE_READ,
                (Handle handle) -> work.apply(new PostgresAdminTransaction(handle)));
    }
}

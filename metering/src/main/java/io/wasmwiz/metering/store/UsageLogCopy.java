package io.wasmwiz.metering.store;

import io.wasmwiz.metering.event.LogEntry;
import io.wasmwiz.metering.settle.LedgerRow;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Copies rows into {@code usage_logs} under savepoints, and finds those that PostgreSQL refuses. The rows are encoded
 * once; a search copies slices of the same bytes. Not thread-safe; lives within one transaction.
 */
final class UsageLogCopy {
    private static final String COPY = "COPY usage_logs (" + UsageLogEncoding.COLUMNS + ") FROM STDIN (FORMAT binary)";
    /** Rows of one message: PostgreSQL works on one while the next is encoded. */
    private static final int CHUNK_ROWS = 100;

    private final Connection connection;
    private final List<LedgerRow> rows;
    private final UsageLogEncoding encoding;

    private UsageLogCopy(Connection connection, short generation, List<LedgerRow> rows) {
        this.connection = connection;
        this.rows = rows;
        this.encoding = new UsageLogEncoding(generation, rows);
    }

    static UsageLogCopy of(Handle handle, short generation, List<LedgerRow> rows) {
        return new UsageLogCopy(handle.getConnection(), generation, rows);
    }

    /** Copies all rows. When PostgreSQL refuses the data nothing is copied and its complaint is returned. */
    Optional<SQLException> copyAll() throws SQLException {
        if (rows.isEmpty()) {
            return Optional.empty();
        }
        return attempt(0, rows.size(), false);
    }

    /** Halves the rows until each that cannot be copied stands alone. Copies nothing. */
    Map<LogEntry, String> findRefused() throws SQLException {
        Map<LogEntry, String> refused = new HashMap<>();
        search(0, rows.size(), refused);
        return refused;
    }

    private void search(int from, int to, Map<LogEntry, String> refused) throws SQLException {
        Optional<SQLException> failure = attempt(from, to, true);
        if (failure.isEmpty()) {
            return;
        }
        if (to - from == 1) {
            refused.put(rows.get(from).entry(), describe(failure.get()));
            return;
        }
        int middle = (from + to) >>> 1;
        search(from, middle, refused);
        search(middle, to, refused);
    }

    private Optional<SQLException> attempt(int from, int to, boolean undo) throws SQLException {
        Savepoint savepoint = connection.setSavepoint();
        try {
            copy(from, to);
        } catch (SQLException e) {
            if (isMissingPartition(e)) {
                throw new MissingPartitionException(e);
            }
            if (!isDataError(e)) {
                throw e;
            }
            undo(savepoint);
            return Optional.of(e);
        }
        if (undo) {
            undo(savepoint);
        } else {
            connection.releaseSavepoint(savepoint);
        }
        return Optional.empty();
    }

    private void undo(Savepoint savepoint) throws SQLException {
        connection.rollback(savepoint);
        connection.releaseSavepoint(savepoint);
    }

    private void copy(int from, int to) throws SQLException {
        CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(COPY);
        try {
            copy.writeToCopy(UsageLogEncoding.HEADER, 0, UsageLogEncoding.HEADER.length);
            for (int row = from; row < to; row += CHUNK_ROWS) {
                int start = encoding.startOf(row);
                int end = encoding.startOf(Math.min(to, row + CHUNK_ROWS));
                copy.writeToCopy(encoding.bytes(), start, end - start);
            }
            copy.writeToCopy(UsageLogEncoding.TRAILER, 0, UsageLogEncoding.TRAILER.length);
            copy.endCopy();
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    // Class 22: data exception; 23: integrity constraint.
    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static boolean isDataError(SQLException e) {
        String state = e.getSQLState();
        return state != null && (state.startsWith("22") || state.startsWith("23"));
    }

    // PostgreSQL has no code of its own for a row without a partition: it is a check violation without a constraint.
    private static boolean isMissingPartition(SQLException e) {
        if (!"23514".equals(e.getSQLState()) || !(e instanceof PSQLException refusal)) {
            return false;
        }
        ServerErrorMessage message = refusal.getServerErrorMessage();
        return message != null && message.getConstraint() == null;
    }

    private static String describe(SQLException e) {
        if (e instanceof PSQLException refusal && refusal.getServerErrorMessage() != null) {
            return e.getSQLState() + ": " + refusal.getServerErrorMessage().getMessage();
        }
        return e.getSQLState() + ": " + e.getMessage();
    }
}

package io.wasmwiz.service.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.jdbi.v3.core.Jdbi;

/**
 * A bounded PostgreSQL connection pool and Jdbi over it. Opening does not wait for the server: {@link SchemaCheck} is the
 * first to need it. Thread-safe; its opener closes it.
 */
public final class Database implements AutoCloseable {
    /** Read-only server, serialization failure, deadlock, lock not available. */
    private static final Set<String> PASSING = Set.of("25006", "40001", "40P01", "55P03");

    private final HikariDataSource pool;
    private final Jdbi jdbi;

    private Database(HikariDataSource pool) {
        this.pool = pool;
        this.jdbi = Jdbi.create(pool);
    }

    /**
     * Opens a pool.
     *
     * @param application what PostgreSQL shows as {@code application_name}, for example {@code wasmwiz-executor}
     */
    public static Database open(DatabaseConfig config, String application, MeterRegistry metrics) {
        DatabaseUrl url = DatabaseUrl.parse(config.url());
        HikariConfig hikari = new HikariConfig();
        hikari.setPoolName(application);
        hikari.setJdbcUrl(url.jdbcUrl());
        if (url.user() != null) {
            hikari.setUsername(url.user());
        }
        if (url.password() != null) {
            hikari.setPassword(url.password());
        }
        hikari.setMaximumPoolSize(config.poolSize());
        hikari.setMinimumIdle(1);
        hikari.setConnectionTimeout(config.connectionTimeout().toMillis());
        hikari.setValidationTimeout(Math.min(1_000, config.connectionTimeout().toMillis()));
        hikari.setInitializationFailTimeout(-1);
        hikari.setMetricRegistry(metrics);
        // PostgreSQL's default. Left open, the pool asks its first connection for it; where that breaks just then, the
        // pool sets no valid level on any later one and never has a connection.
        hikari.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        hikari.addDataSourceProperty("ApplicationName", application);
        // A server that vanished without closing its sockets must not hold a thread for ever.
        hikari.addDataSourceProperty("connectTimeout", "2");
        // Bounds a connection's whole start: by the socket's time-out alone, one attempt at a dying server could
        // hold back the pool for a minute.
        hikari.addDataSourceProperty("loginTimeout", "5");
        hikari.addDataSourceProperty("socketTimeout", "30");
        hikari.addDataSourceProperty("tcpKeepAlive", "true");
        return new Database(new HikariDataSource(hikari));
    }

    /** Jdbi over the pool. */
    public Jdbi jdbi() {
        return jdbi;
    }

    /** Throws unless PostgreSQL answers. */
    public void ping() throws SQLException {
        try (Connection connection = pool.getConnection()) {
            if (!connection.isValid(1)) {
                throw new SQLException("PostgreSQL does not answer");
            }
        }
    }

    @Override
    public void close() {
        pool.close();
    }

    /** Whether {@code failure} means that PostgreSQL is away or cannot serve now, rather than that it refused a statement. */
    public static boolean isUnavailable(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof SQLException e && isUnavailable(e)) {
                return true;
            }
        }
        return false;
    }

    // Class 08: connection; 53: resources (too many connections); 57P0x: shutting down, crashed, starting; 25006: a
    // standby; 40001, 40P01, 55P03: lost to another transaction, and may succeed when asked again. No state: the pool's
    // own time-out. https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static boolean isUnavailable(SQLException e) {
        String state = e.getSQLState();
        return e instanceof java.sql.SQLTransientConnectionException
                || (state != null && PASSING.contains(state))
                || (state != null
                        && List.of("08", "53", "57").stream().anyMatch(state::startsWith)
                        && !state.equals("57014"));
    }
}

package io.wasmwiz.migrations;

import io.wasmwiz.service.database.Database;
import io.wasmwiz.service.database.DatabaseUrl;
import io.wasmwiz.service.database.SchemaMismatchException;
import java.io.PrintWriter;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import org.postgresql.PGProperty;

/** Waits for a PostgreSQL that may be starting, but not for one that refuses us. */
final class ServerWait {
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final int CONNECT_SECONDS = 2;

    private ServerWait() {}

    /** Returns once a login worked. Throws with the server's or the driver's reason, which names no password. */
    static void await(DatabaseUrl url, Duration limit, PrintWriter err) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        boolean told = false;
        while (true) {
            try {
                login(url);
                return;
            } catch (SQLException e) {
                if (!Database.isUnavailable(e)) {
                    throw new SchemaMismatchException("PostgreSQL refuses: " + e.getMessage());
                }
                if (System.nanoTime() + PAUSE.toNanos() > deadline) {
                    throw new SchemaMismatchException(
                            "PostgreSQL did not answer within " + limit.toSeconds() + " s: " + e.getMessage());
                }
                if (!told) {
                    err.println("waiting for PostgreSQL, at most " + limit.toSeconds() + " s: " + e.getMessage());
                    err.flush();
                    told = true;
                }
            }
            Thread.sleep(PAUSE.toMillis());
        }
    }

    private static void login(DatabaseUrl url) throws SQLException {
        Properties properties = new Properties();
        PGProperty.CONNECT_TIMEOUT.set(properties, CONNECT_SECONDS);
        PGProperty.LOGIN_TIMEOUT.set(properties, 2 * CONNECT_SECONDS);
        if (url.user() != null) {
            PGProperty.USER.set(properties, url.user());
        }
        if (url.password() != null) {
            PGProperty.PASSWORD.set(properties, url.password());
        }
        DriverManager.getConnection(url.jdbcUrl(), properties).close();
    }
}

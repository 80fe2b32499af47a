package io.wasmwiz.service.database;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * Where PostgreSQL is and how many connections a process may hold.
 *
 * @param url {@code postgresql://user:password@host:port/database?option=value} or {@code jdbc:postgresql://…}
 * @param poolSize connections at most, 1 to 200
 * @param connectionTimeout longest wait for a connection, 250 ms to 60 s; then the call fails as unavailable
 */
public record DatabaseConfig(String url, int poolSize, Duration connectionTimeout) {
    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.require(
                DatabaseUrl.isValid(url),
                "--database-url must be postgresql://user:password@host:port/database or jdbc:postgresql://…");
        problems.requireRange("--database-pool-size", poolSize, 1, 200);
        problems.requireRange("--database-connection-timeout in ms", connectionTimeout.toMillis(), 250, 60_000);
    }

    /** Without the URL, which holds a password. */
    @Override
    public String toString() {
        return "DatabaseConfig[poolSize=" + poolSize + ", connectionTimeout=" + connectionTimeout + "]";
    }
}

package io.wasmwiz.migrations;

import io.wasmwiz.service.config.Problems;
import io.wasmwiz.service.database.DatabaseUrl;
import java.io.PrintWriter;
import java.time.Duration;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Which database, and how long to wait for it. */
final class DatabaseOptions {
    @Option(
            names = "--database-url",
            defaultValue = "",
            showDefaultValue = CommandLine.Help.Visibility.NEVER,
            description = "postgresql://user:password@host:port/database of the database's owner. Required.")
    private String databaseUrl = "";

    @Option(
            names = "--wait",
            defaultValue = "PT30S",
            description = "Longest wait for PostgreSQL to answer, PT0S to PT10M. Default: ${DEFAULT-VALUE}.")
    private Duration wait = Duration.ZERO;

    /** The migrations of a database that answered and took the login. */
    Migrations connect(PrintWriter err) throws InterruptedException {
        Problems problems = new Problems();
        problems.requireRange("--wait in seconds", wait.toSeconds(), 0, 600);
        problems.require(!databaseUrl.isEmpty(), "--database-url (or the variable DATABASE_URL) is required");
        DatabaseUrl url = null;
        if (!databaseUrl.isEmpty()) {
            try {
                url = DatabaseUrl.parse(databaseUrl);
            } catch (IllegalArgumentException e) {
                problems.require(false, "--database-url: %s", String.valueOf(e.getMessage()));
            }
        }
        problems.check();
        ServerWait.await(java.util.Objects.requireNonNull(url), wait, err);
        return Migrations.of(url);
    }
}

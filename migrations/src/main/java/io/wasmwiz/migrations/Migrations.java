package io.wasmwiz.migrations;

import io.wasmwiz.service.database.DatabaseUrl;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.output.ValidateOutput;
import org.jspecify.annotations.Nullable;

/**
 * The migrations of this build and one database. They only go forward, and what was applied is never edited. Thread-safe;
 * two processes that migrate at once wait for each other. Holds no connection between calls.
 *
 * <p>A database that does not answer or refuses the login fails with Flyway's exception, which has the driver's as a
 * cause.
 */
public final class Migrations {
    private static final String LOCATION = "classpath:db/migration";

    private final Flyway flyway;

    private Migrations(Flyway flyway) {
        this.flyway = flyway;
    }

    /** For the database at {@code url}, whose user must own it. */
    public static Migrations of(DatabaseUrl url) {
        return of(url, LOCATION);
    }

    static Migrations of(DatabaseUrl url, String location) {
        return new Migrations(Flyway.configure()
                // Flyway's lock is otherwise a transaction's, and CREATE INDEX CONCURRENTLY waits for it for ever.
                .configuration(Map.of("flyway.postgresql.transactional.lock", "false"))
                .dataSource(url.jdbcUrl(), url.user(), url.password())
                .locations(location)
                .schemas("public")
                .placeholderReplacement(false)
                .validateMigrationNaming(true)
                .ignoreMigrationPatterns("*:pending", "*:future")
                .load());
    }

    /**
     * Applies what is pending, each migration in a transaction unless it says otherwise.
     *
     * @return what was applied by this call, in order
     */
    public List<MigrationStatus> migrate() {
        List<String> before = versionsApplied();
        flyway.migrate();
        return status().stream()
                .filter(migration -> migration.installedOn() != null && !before.contains(migration.version()))
                .toList();
    }

    private List<String> versionsApplied() {
        return Arrays.stream(flyway.info().applied()).map(Migrations::version).toList();
    }

    /** Every migration that the build or the database knows, in order. */
    public List<MigrationStatus> status() {
        return Arrays.stream(flyway.info().all()).map(Migrations::statusOf).toList();
    }

    /**
     * Compares what was applied with the files of this build.
     *
     * @return one sentence for each difference, naming the file; empty when there is none
     */
    public List<String> validate() {
        List<String> faults = new ArrayList<>();
        for (ValidateOutput invalid : flyway.validateWithResult().invalidMigrations) {
            String file = invalid.filepath == null || invalid.filepath.isEmpty()
                    ? "V" + invalid.version + "__" + invalid.description
                    : invalid.filepath;
            faults.add(file + ": " + invalid.errorDetails.errorMessage.replaceAll("\\s*\\R\\s*", " "));
        }
        return List.copyOf(faults);
    }

    /** The number of the newest migration of this build. */
    public int newestVersion() {
        return Arrays.stream(flyway.info().all())
                .filter(migration -> migration.getState().isResolved())
                .map(migration -> Integer.parseInt(version(migration)))
                .max(Integer::compare)
                .orElseThrow(() -> new FlywayException("no migrations in " + LOCATION));
    }

    private static MigrationStatus statusOf(MigrationInfo migration) {
        return new MigrationStatus(
                version(migration),
                migration.getDescription(),
                migration.getState().getDisplayName(),
                migration.getInstalledOn() == null
                        ? null
                        : migration.getInstalledOn().toInstant());
    }

    private static String version(MigrationInfo migration) {
        @Nullable MigrationVersion version = migration.getVersion();
        return version == null ? "" : version.getVersion();
    }
}

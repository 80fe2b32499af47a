package io.wasmwiz.migrations;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.service.database.DatabaseUrl;
import io.wasmwiz.service.database.SchemaCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource
final class MigrationsIT {
    @Parameter
    private TestServer server = TestServer.NEWEST;

    @Test
    void appliesEverythingOnceFromEmpty() {
        TestServer.TestDatabase database = server.emptyDatabase();
        Migrations migrations = database.migrations();
        assertThat(migrations.status()).extracting(MigrationStatus::state).containsOnly("Pending");

        List<MigrationStatus> applied = migrations.migrate();

        assertThat(applied).hasSize(migrations.newestVersion());
        assertThat(applied).extracting(MigrationStatus::state).containsOnly("Success");
        assertThat(migrations.status()).isEqualTo(applied);
        assertThat(migrations.migrate()).isEmpty();
        assertThat(migrations.validate()).isEmpty();
    }

    @Test
    void appliesOnceWhenTwoProcessesMigrateAtOnce() throws Exception {
        TestServer.TestDatabase database = server.emptyDatabase();
        CompletableFuture<List<MigrationStatus>> first =
                CompletableFuture.supplyAsync(() -> database.migrations().migrate());
        CompletableFuture<List<MigrationStatus>> second =
                CompletableFuture.supplyAsync(() -> database.migrations().migrate());
        first.get(60, SECONDS);
        second.get(60, SECONDS);
        assertThat(database.rows("SELECT version::integer FROM schema_version ORDER BY 1"))
                .doesNotHaveDuplicates()
                .endsWith(String.valueOf(SchemaCheck.REQUIRED_VERSION));
    }

    @Test
    void isAtTheVersionThatServicesRequire() {
        TestServer.TestDatabase database = server.migratedDatabase();
        assertThat(database.migrations().newestVersion()).isEqualTo(SchemaCheck.REQUIRED_VERSION);
        assertThat(SchemaCheck.appliedVersion(database.jdbi())).contains(SchemaCheck.REQUIRED_VERSION);
        assertThat(SchemaCheck.appliedVersion(server.emptyDatabase().jdbi())).isEmpty();
    }

    @Test
    void takesRolesThatAnOperatorMadeForAnOwnerWhoMayMakeNone() {
        TestServer.TestDatabase database = server.emptyDatabase();
        String owner = database.name() + "_owner";
        server.migratedDatabase();
        database.jdbi().useHandle(handle -> {
            handle.execute("CREATE ROLE " + owner + " LOGIN PASSWORD 'owner'");
            handle.execute("ALTER DATABASE " + database.name() + " OWNER TO " + owner);
        });
        Migrations migrations =
                Migrations.of(DatabaseUrl.parse(database.server().url(database.name(), owner, "owner")));
        assertThat(migrations.migrate()).isNotEmpty();
    }

    @Test
    void namesTheFileThatWasEdited(@TempDir Path directory) throws IOException {
        TestServer.TestDatabase database = server.emptyDatabase();
        Path file = directory.resolve("V0001__first.sql");
        Files.writeString(file, "CREATE TABLE first (id int);");
        Migrations migrations = from(database, directory);
        migrations.migrate();

        Files.writeString(file, "CREATE TABLE first (id bigint);");

        assertThat(migrations.validate())
                .singleElement()
                .asString()
                .contains(file.toString())
                .contains("checksum");
        assertThatThrownBy(migrations::migrate).isInstanceOf(FlywayException.class);
    }

    @Test
    void leavesNothingOfAMigrationThatFails(@TempDir Path directory) throws IOException {
        TestServer.TestDatabase database = server.emptyDatabase();
        Files.writeString(directory.resolve("V0001__half.sql"), "CREATE TABLE half (id int);\nSELECT 1 / 0;");
        assertThatThrownBy(() -> from(database, directory).migrate())
                .isInstanceOf(FlywayException.class)
                .hasMessageContaining("V0001__half.sql")
                .hasMessageContaining("division by zero");
        assertThat(database.rows("SELECT to_regclass('half') IS NULL")).containsExactly("t");
    }

    @Test
    @Timeout(60)
    void buildsIndexesBesideWriters(@TempDir Path directory) throws IOException {
        TestServer.TestDatabase database = server.emptyDatabase();
        Files.writeString(directory.resolve("V0001__table.sql"), "CREATE TABLE busy (id int);");
        Files.writeString(directory.resolve("V0002__index.sql"), "CREATE INDEX CONCURRENTLY busy_id ON busy (id);");
        assertThat(from(database, directory).migrate()).hasSize(2);
    }

    @Test
    void everyFileIsNamedAfterItsVersionWithoutGaps() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/main/resources/db/migration"))) {
            List<String> names =
                    files.map(Path::getFileName).map(String::valueOf).sorted().toList();
            for (int i = 0; i < names.size(); i++) {
                assertThat(names.get(i)).matches("V%04d__[a-z0-9_]+\\.sql".formatted(i + 1));
            }
            assertThat(names).hasSize(server.migratedDatabase().migrations().newestVersion());
        }
    }

    private static Migrations from(TestServer.TestDatabase database, Path directory) {
        return Migrations.of(DatabaseUrl.parse(database.url()), "filesystem:" + directory);
    }
}

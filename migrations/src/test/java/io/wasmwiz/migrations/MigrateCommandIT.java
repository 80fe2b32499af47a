package io.wasmwiz.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.embedded.EmbeddedPostgres;
import io.wasmwiz.embedded.EmbeddedPostgresConfig;
import io.wasmwiz.embedded.FileTrees;
import io.wasmwiz.service.database.SchemaCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class MigrateCommandIT {
    private static final TestServer SERVER = TestServer.NEWEST;

    @Test
    void migratesAndSaysWhatItApplied() {
        Map<String, String> environment =
                Map.of("DATABASE_URL", SERVER.emptyDatabase().url());
        CommandRun first = CommandRun.of(environment, "migrate");
        CommandRun second = CommandRun.of(environment, "migrate");
        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(first.out()).contains("applied 0001 schema");
        assertThat(second.exitCode()).isZero();
        assertThat(second.out()).contains("nothing to apply: the schema is at version " + SchemaCheck.REQUIRED_VERSION);
    }

    @Test
    void listsWhatIsAppliedAndWhatIsPending() {
        CommandRun pending = CommandRun.of(
                Map.of(), "status", "--database-url", SERVER.emptyDatabase().url());
        assertThat(pending.exitCode()).isZero();
        assertThat(pending.out()).containsPattern("VERSION +DESCRIPTION +STATE +INSTALLED ON");
        assertThat(pending.out()).containsPattern("0001 +schema +Pending +-");
        CommandRun applied = CommandRun.of(
                Map.of(), "status", "--database-url", SERVER.migratedDatabase().url());
        assertThat(applied.out()).containsPattern("0001 +schema +Success +\\d{4}-\\d\\d-\\d\\dT");
    }

    @Test
    void validatesAndNamesTheFileThatDiffers() {
        TestServer.TestDatabase database = SERVER.migratedDatabase();
        CommandRun same = CommandRun.of(Map.of(), "validate", "--database-url", database.url());
        assertThat(same.exitCode()).isZero();
        assertThat(same.out()).contains("agree");

        database.jdbi().useHandle(handle -> handle.execute("UPDATE flyway_schema_history SET checksum = checksum + 1"));

        CommandRun edited = CommandRun.of(Map.of(), "validate", "--database-url", database.url());
        assertThat(edited.exitCode()).isEqualTo(1);
        assertThat(edited.out()).contains("V0001__schema.sql").contains("checksum");
        CommandRun refused = CommandRun.of(Map.of(), "migrate", "--database-url", database.url());
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err()).contains("checksum").doesNotContain("\tat ");
    }

    @Test
    void saysThatThePasswordIsWrongWithoutWaitingOrRepeatingIt() {
        TestServer.TestDatabase database = SERVER.emptyDatabase();
        CommandRun run = CommandRun.of(
                Map.of("DATABASE_URL", database.server().url(database.name(), "postgres", "wr0ng-one")),
                "migrate",
                "--wait=PT10M");
        assertThat(run.exitCode()).isEqualTo(69);
        assertThat(run.err())
                .contains("password authentication failed for user \"postgres\"")
                .doesNotContain("wr0ng-one")
                .doesNotContain("\tat ");
    }

    @Test
    void saysThatTheDatabaseDoesNotExist() {
        TestServer.TestDatabase database = SERVER.emptyDatabase();
        CommandRun run = CommandRun.of(
                Map.of(), "status", "--database-url", database.server().url("nowhere"));
        assertThat(run.exitCode()).isEqualTo(69);
        assertThat(run.err()).contains("database \"nowhere\" does not exist").doesNotContain("\tat ");
    }

    @Test
    void givesUpOnAServerThatDoesNotAnswer() throws IOException {
        String url = "postgresql://postgres:s3cret@127.0.0.1:" + freePort() + "/wasmwiz";
        CommandRun run = CommandRun.of(Map.of("DATABASE_URL", url), "migrate", "--wait=PT1S");
        assertThat(run.exitCode()).isEqualTo(69);
        assertThat(run.err())
                .contains("PostgreSQL did not answer within 1 s")
                .contains("refused")
                .doesNotContain("s3cret")
                .doesNotContain("\tat ");
    }

    @Test
    void waitsForAServerThatStarts() throws Exception {
        int port = freePort();
        Path directory = Files.createTempDirectory("wasmwiz-migrate-test-");
        CompletableFuture<CommandRun> run = CompletableFuture.supplyAsync(() -> CommandRun.of(
                Map.of("DATABASE_URL", "postgresql://postgres:late@127.0.0.1:" + port + "/postgres"), "migrate"));
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(
                EmbeddedPostgresConfig.of(directory, "late").withPort(port))) {
            assertThat(run.get(60, TimeUnit.SECONDS).exitCode()).isZero();
            assertThat(postgres.port()).isEqualTo(port);
        } finally {
            FileTrees.delete(directory);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}

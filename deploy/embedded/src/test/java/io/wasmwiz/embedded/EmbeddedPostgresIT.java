package io.wasmwiz.embedded;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class EmbeddedPostgresIT {
    private static final PostgresBinaries OLDEST = PostgresBinaries.inJar(Path.of("target/postgresql-oldest.jar"));
    private static final String PASSWORD = "p@ss word/1?";

    private WorkDirectory work;

    @BeforeEach
    void createDirectory() throws IOException {
        work = WorkDirectory.create();
    }

    @AfterEach
    void deleteDirectory() throws IOException {
        work.close();
    }

    @Test
    void servesDurablyAndKeepsItsDataWhenStoppedAndStarted() throws Exception {
        int port;
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(config())) {
            port = postgres.port();
            assertThat(postgres.majorVersion()).isEqualTo(18);
            assertThat(query(postgres, "SHOW fsync")).isEqualTo("on");
            assertThat(query(postgres, "SHOW server_encoding")).isEqualTo("UTF8");
            assertThat(query(postgres, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
            execute(postgres, "CREATE TABLE kept AS SELECT 'here' AS word");
        }
        assertThat(FreePort.isFree(port)).isTrue();
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(config())) {
            assertThat(query(postgres, "SELECT word FROM kept")).isEqualTo("here");
        }
    }

    @Test
    void asksForThePassword() {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(config())) {
            String url = "jdbc:postgresql://127.0.0.1:" + postgres.port() + "/postgres";
            assertThatThrownBy(() -> DriverManager.getConnection(url, "postgres", "wrong")
                            .close())
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
        }
    }

    @Test
    void writesUrlsThatAParserTakes() {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(config())) {
            assertThat(java.net.URI.create(postgres.url("some db")))
                    .hasScheme("postgresql")
                    .hasHost("127.0.0.1")
                    .hasPort(postgres.port())
                    .hasPath("/some db")
                    .hasUserInfo("postgres:" + PASSWORD);
        }
    }

    @Test
    void recoversWhatWasCommittedWhenKilled() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(config())) {
            int port = postgres.port();
            execute(postgres, "CREATE TABLE kept AS SELECT 'committed' AS word");

            postgres.kill();

            assertThat(new PostgresData(work.resolve("pg")).processes()).isEmpty();
            assertThatThrownBy(() -> query(postgres, "SELECT 1")).isInstanceOf(SQLException.class);
            postgres.restart();
            assertThat(postgres.port()).isEqualTo(port);
            assertThat(query(postgres, "SELECT word FROM kept")).isEqualTo("committed");
        }
    }

    @Test
    void leavesNoProcessWhenClosedWithSessionsOpen() throws Exception {
        EmbeddedPostgres postgres = EmbeddedPostgres.start(config());
        try (Connection connection = connect(postgres)) {
            assertThat(new PostgresData(work.resolve("pg")).processes()).isNotEmpty();

            postgres.close();

            assertThat(new PostgresData(work.resolve("pg")).processes()).isEmpty();
            assertThatThrownBy(() -> connection.createStatement().execute("SELECT 1"))
                    .isInstanceOf(SQLException.class);
        }
        postgres.close();
    }

    @Test
    void outlivesTheThreadThatStartedItButNotItsJvm() throws Exception {
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        StartedInAnotherJvm.class.getName(),
                        work.resolve("pg").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var answers = jvm.inputReader()) {
            assertThat(answers.readLine()).isEqualTo("serves after its thread ended");
        }
        PostgresData data = new PostgresData(work.resolve("pg"));
        assertThat(data.processes()).isNotEmpty();

        jvm.destroyForcibly();

        await().atMost(30, SECONDS).until(() -> data.processes().isEmpty());
    }

    @Test
    void waitsForTheServerOfAJvmThatDied() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(config())) {
            execute(postgres, "CREATE TABLE kept AS SELECT 'here' AS word");
        }
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        StartedInAnotherJvm.class.getName(),
                        work.resolve("pg").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var answers = jvm.inputReader()) {
            answers.readLine();
        }
        jvm.destroyForcibly().waitFor();

        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(config())) {
            assertThat(query(postgres, "SELECT word FROM kept")).isEqualTo("here");
        }
    }

    @Test
    void refusesADirectoryInUse() {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(config())) {
            assertThat(postgres.port()).isPositive();
            assertThatThrownBy(() -> EmbeddedPostgres.start(config()).close())
                    .isInstanceOf(EmbeddedServerException.class)
                    .hasMessageContaining(work.resolve("pg").toString())
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void refusesAPortInUseAndFreesTheDirectory() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> EmbeddedPostgres.start(config().withPort(taken.getLocalPort()))
                            .close())
                    .isInstanceOf(EmbeddedServerException.class)
                    .hasMessageContaining("port " + taken.getLocalPort() + " on 127.0.0.1 is in use");
        }
        EmbeddedPostgres.start(config()).close();
    }

    @Test
    void saysWhatTheServerSaidWhenItDoesNotStart() {
        assertThatThrownBy(() -> EmbeddedPostgres.start(config().withSettings(Map.of("no_such_setting", "1")))
                        .close())
                .isInstanceOf(EmbeddedServerException.class)
                .hasMessageContaining("no_such_setting")
                .hasMessageNotContaining(PASSWORD);
    }

    @Test
    void runsTheOldestVersionAndRefusesItsDataWithTheNewest() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(config().withBinaries(OLDEST))) {
            assertThat(postgres.majorVersion()).isEqualTo(15);
            assertThat(query(postgres, "SHOW server_version")).startsWith("15.");
        }
        assertThatThrownBy(() -> EmbeddedPostgres.start(config()).close())
                .isInstanceOf(EmbeddedServerException.class)
                .hasMessageContaining("is of PostgreSQL 15 and this is PostgreSQL 18");
    }

    @Test
    void startsAnewAfterAnInitializationThatWasCutShort() throws Exception {
        Path unfinished = Files.createDirectories(work.resolve("pg/data.unfinished/base"));
        Files.writeString(unfinished.resolveSibling("PG_VERSION"), "18\n");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(config())) {
            assertThat(query(postgres, "SELECT 'fresh'")).isEqualTo("fresh");
        }
        assertThat(work.resolve("pg/data.unfinished")).doesNotExist();
        assertThat(work.resolve("pg/password.unfinished")).doesNotExist();
    }

    @Test
    void runsBelowADirectoryThatNobodyElseCanEnter() throws Exception {
        Files.setPosixFilePermissions(work.path(), PosixFilePermissions.fromString("rwx------"));
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(config())) {
            execute(postgres, "CREATE TABLE kept AS SELECT 'here' AS word");
        } catch (EmbeddedServerException e) {
            // Where user namespaces are forbidden there is no way for root, and that must be said.
            assertThat(UnixUser.isRoot()).isTrue();
            assertThat(e).hasMessageContaining("unshare").hasMessageContaining("reachable for another user");
            return;
        }
        // The same data elsewhere: it changes hands.
        Files.setPosixFilePermissions(work.path(), PosixFilePermissions.fromString("rwxr-xr-x"));
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(config())) {
            assertThat(query(postgres, "SELECT word FROM kept")).isEqualTo("here");
        }
    }

    private EmbeddedPostgresConfig config() {
        return EmbeddedPostgresConfig.of(work.resolve("pg"), PASSWORD);
    }

    private static Connection connect(EmbeddedPostgres postgres) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + postgres.port() + "/postgres", "postgres", PASSWORD);
    }

    private static void execute(EmbeddedPostgres postgres, String sql) throws SQLException {
        try (Connection connection = connect(postgres);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(EmbeddedPostgres postgres, String sql) throws SQLException {
        try (Connection connection = connect(postgres);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    /** Starts a server on a thread that ends, says so, and stays until it is killed. */
    static final class StartedInAnotherJvm {
        private StartedInAnotherJvm() {}

        public static void main(String[] arguments) throws Exception {
            List<EmbeddedPostgres> started = new java.util.concurrent.CopyOnWriteArrayList<>();
            Thread starter = new Thread(() ->
                    started.add(EmbeddedPostgres.start(EmbeddedPostgresConfig.of(Path.of(arguments[0]), PASSWORD))));
            starter.start();
            starter.join();
            query(started.get(0), "SELECT 1");
            System.out.println("serves after its thread ended");
            Thread.currentThread().join();
        }
    }
}

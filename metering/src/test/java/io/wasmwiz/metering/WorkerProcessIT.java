package io.wasmwiz.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.metering.Stage.Counter;
import io.wasmwiz.metering.store.StuckTransactions;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.database.DatabaseUrl;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Objects;
import java.util.Properties;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** Workers as processes of their own, which are killed, stopped and continued in the middle of a transaction. */
final class WorkerProcessIT {
    private static final int EVENTS = 400;
    /** Short, so that a stuck transaction is found soon; it has to be stopped while it waits for a lock. */
    private static final String[] IMPATIENT = {
        "--statement-timeout=3s", "--lock-timeout=3s", "--transaction-timeout=3001ms", "--max-batch-records=50"
    };

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private final TestDatabase database = POSTGRES.createDatabase();
    private final Stage stage =
            new Stage(database.jdbi(), database.url("wasmwiz_metering"), KAFKA.bootstrapServers(), KAFKA.newTopic(1));
    private final UUID account = stage.account();
    private final UUID lease = stage.lease(account, 2L * EVENTS);
    private final Closer closer = new Closer();

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        closer.close();
        stage.close();
    }

    @Test
    void metersOnceWhenItIsKilledInTheMiddleOfATransaction() throws Exception {
        publish(EVENTS);
        stage.flush();
        ForkedWorker worker;
        try (Handle blocker = lockCounter()) {
            worker = fork("--max-batch-records=50");
            awaitBlockedWorker();
            worker.kill();
            blocker.rollback();
        }
        assertThat(stage.position()).isZero();

        // In a group of its own, so as not to wait until the broker has given up the dead one.
        stage.worker("--consumer-group=next-" + UUID.randomUUID());
        stage.awaitMetered();

        assertOnce(EVENTS);
    }

    @Test
    void endsInOrderOnSigterm() throws Exception {
        publish(EVENTS);
        ForkedWorker worker = fork("--max-batch-records=50");
        stage.awaitMetered();

        // 128 + SIGTERM, as a JVM answers it.
        assertThat(worker.terminate()).isEqualTo(143);

        assertOnce(EVENTS);
        assertThat(worker.log()).doesNotContain("ERROR", "not left in order");
    }

    @Test
    void changesNothingWhenItContinuesAfterAnotherHasTakenOver() throws Exception {
        publish(EVENTS);
        stage.flush();
        ForkedWorker stopped;
        try (Handle blocker = lockCounter()) {
            stopped = fork(IMPATIENT);
            awaitBlockedWorker();
            stopped.suspend();
            blocker.rollback();
        }
        // What it wrote is not committed and its locks are held.
        await().atMost(Stage.PATIENCE)
                .until(() -> stage.number("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
                                + " AND application_name = 'wasmwiz-metering' AND datname = current_database()")
                        == 1);

        String[] flags = Arrays.copyOf(IMPATIENT, IMPATIENT.length + 1);
        flags[IMPATIENT.length] = "--consumer-group=next-" + UUID.randomUUID();
        stage.worker(flags);
        stage.awaitMetered();
        assertOnce(EVENTS);

        stopped.proceed();
        publish(EVENTS);
        stage.awaitMetered();
        await().atMost(Stage.PATIENCE)
                .until(() -> stopped.log().contains("the ledger is elsewhere")
                        || stopped.log().contains("cannot write the batch in hand"));
        publish(1);
        stage.awaitMetered();

        assertOnce(2 * EVENTS, 1);
    }

    @Test
    void endsACopyWhoseClientStandsStill() throws Exception {
        DatabaseUrl url = DatabaseUrl.parse(database.url("wasmwiz_metering"));
        Properties settings = new Properties();
        settings.setProperty("user", Objects.requireNonNull(url.user()));
        settings.setProperty("password", Objects.requireNonNull(url.password()));
        settings.setProperty("ApplicationName", "stuck-copy");
        settings.setProperty("options", "-c statement_timeout=100ms");
        Connection connection = DriverManager.getConnection(url.jdbcUrl(), settings);
        connection.setAutoCommit(false);
        CopyIn copy =
                connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY usage_logs FROM STDIN (FORMAT binary)");
        StuckTransactions stuck = new StuckTransactions(
                database.jdbi("wasmwiz_metering"),
                "stuck-copy",
                stage.config(IMPATIENT).ledger());

        await().atMost(Stage.PATIENCE).until(() -> {
            stuck.end();
            return sessions("stuck-copy") == 0;
        });

        // It learns that when it goes on. (Its session is gone, so there is nothing left to close.)
        assertThatThrownBy(copy::endCopy).isInstanceOf(SQLException.class);
    }

    @Test
    void leavesYoungTransactionsAndOtherApplicationsAlone() {
        try (Handle young = database.jdbi("wasmwiz_metering").open()) {
            young.begin();
            young.execute("SET application_name = 'young'");
            young.execute("SELECT 1");
            new StuckTransactions(
                            database.jdbi("wasmwiz_metering"),
                            "young",
                            stage.config().ledger())
                    .end();
            new StuckTransactions(
                            database.jdbi("wasmwiz_metering"),
                            "another",
                            stage.config(IMPATIENT).ledger())
                    .end();
            assertThat(young.createQuery("SELECT 1").mapTo(Integer.class).one()).isEqualTo(1);
            young.rollback();
        }
    }

    private ForkedWorker fork(String... flags) {
        return closer.add(ForkedWorker.start(directory, stage.flags(flags)));
    }

    private void publish(int events) {
        for (int i = 0; i < events; i++) {
            stage.execute(account, lease);
        }
    }

    /** Until it is rolled back, a transaction of metering waits just before its end. */
    private Handle lockCounter() {
        Handle handle = stage.jdbi().open();
        handle.begin();
        handle.createQuery("SELECT held FROM daily_tier_counters WHERE user_id = :account FOR UPDATE")
                .bind("account", account)
                .mapTo(Long.class)
                .list();
        return handle;
    }

    private void awaitBlockedWorker() {
        await().atMost(Stage.PATIENCE)
                .until(() -> stage.number("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                + " AND application_name = 'wasmwiz-metering' AND datname = current_database()")
                        == 1);
    }

    private long sessions(String application) {
        return stage.number("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + application + "'");
    }

    private void assertOnce(int events) {
        assertOnce(events, 0);
    }

    /** The lease pays for {@code charged} and {@code late} came when it was spent. */
    private void assertOnce(int charged, int late) {
        assertThat(stage.number("SELECT count(*) FROM usage_logs")).isEqualTo(charged + late);
        assertThat(stage.number("SELECT count(DISTINCT (log_generation, log_partition, log_offset)) FROM usage_logs"))
                .isEqualTo(charged + late);
        assertThat(stage.counter(account)).isEqualTo(new Counter(2L * EVENTS, charged, charged + late));
        assertThat(stage.number("SELECT charged FROM quota_leases")).isEqualTo(charged);
    }
}

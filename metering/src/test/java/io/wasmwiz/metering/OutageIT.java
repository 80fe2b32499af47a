package io.wasmwiz.metering;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.embedded.EmbeddedPostgres;
import io.wasmwiz.embedded.EmbeddedPostgresConfig;
import io.wasmwiz.embedded.ForkedKafka;
import io.wasmwiz.metering.Stage.Counter;
import io.wasmwiz.migrations.Migrations;
import io.wasmwiz.migrations.ServiceLogins;
import io.wasmwiz.migrations.ServiceRole;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.database.DatabaseUrl;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The worker while what it needs is killed and comes back. Each server here is durable and the test's own. */
final class OutageIT {
    private static final String PASSWORD = "metering-password";
    private static final int PARTITIONS = 3;
    private static final int EVENTS = 3_000;

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private final Closer closer = new Closer();

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        closer.close();
    }

    @Test
    void metersEachEventOnceWhenPostgresIsKilledUnderLoad() {
        EmbeddedPostgres postgres =
                closer.add(EmbeddedPostgres.start(EmbeddedPostgresConfig.of(directory.resolve("pg"), "superuser")));
        DatabaseUrl superuser = DatabaseUrl.parse(postgres.url("postgres"));
        Migrations.of(superuser).migrate();
        Jdbi jdbi = Jdbi.create(superuser.jdbcUrl(), superuser.user(), superuser.password());
        ServiceLogins.ensure(jdbi, Map.of(ServiceRole.METERING, PASSWORD));
        Stage stage = closer.add(new Stage(
                jdbi,
                postgres.url("postgres", ServiceRole.METERING.loginName(), PASSWORD),
                KAFKA.bootstrapServers(),
                KAFKA.newTopic(PARTITIONS)));
        UUID account = stage.account();
        UUID lease = stage.lease(account, 2L * EVENTS);
        MeteringWorker worker = stage.worker("--max-batch-records=50");
        publish(stage, account, lease, EVENTS / 3);
        stage.awaitPosition(EVENTS / 3);

        publish(stage, account, lease, EVENTS / 3);
        postgres.kill();
        publish(stage, account, lease, EVENTS / 3);
        Stage.awaitFault(worker, "postgresql", "cannot write the batch in hand");
        postgres.restart();
        stage.awaitMetered();

        assertOnce(stage, account);
        Stage.awaitReady(worker);
    }

    @Test
    void startsWithoutKafkaAndReadsWhenItIsThere() {
        TestDatabase database = POSTGRES.createDatabase();
        Path data = directory.resolve("kafka");
        ForkedKafka kafka = closer.add(ForkedKafka.start(data, 0));
        kafka.createTopic("events", PARTITIONS);
        Stage stage = closer.add(
                new Stage(database.jdbi(), database.url("wasmwiz_metering"), kafka.bootstrapServers(), "events"));
        UUID account = stage.account();
        UUID lease = stage.lease(account, 2L * EVENTS);
        publish(stage, account, lease, EVENTS);
        stage.flush();
        kafka.kill();

        MeteringWorker worker = stage.worker();
        Stage.awaitFault(worker, "\"kafka\"");
        kafka.restart();
        stage.awaitMetered();

        assertOnce(stage, account);
        Stage.awaitReady(worker);
    }

    @Test
    void metersEachEventOnceWhenKafkaIsKilledUnderLoad() {
        TestDatabase database = POSTGRES.createDatabase();
        ForkedKafka kafka = closer.add(ForkedKafka.start(directory.resolve("kafka"), 0));
        kafka.createTopic("events", PARTITIONS);
        Stage stage = closer.add(
                new Stage(database.jdbi(), database.url("wasmwiz_metering"), kafka.bootstrapServers(), "events"));
        UUID account = stage.account();
        UUID lease = stage.lease(account, 2L * EVENTS);
        MeteringWorker worker = stage.worker("--max-batch-records=50");
        publish(stage, account, lease, EVENTS / 3);
        stage.flush();
        publish(stage, account, lease, EVENTS / 3);

        kafka.kill();
        Stage.awaitFault(worker, "\"kafka\"");
        kafka.restart();
        publish(stage, account, lease, EVENTS / 3);
        stage.awaitMetered();

        assertOnce(stage, account);
        Stage.awaitReady(worker);
    }

    private static void publish(Stage stage, UUID account, UUID lease, int events) {
        for (int i = 0; i < events; i++) {
            stage.execute(account, lease);
        }
    }

    private static void assertOnce(Stage stage, UUID account) {
        assertThat(stage.number("SELECT count(*) FROM usage_logs")).isEqualTo(EVENTS);
        assertThat(stage.counter(account)).isEqualTo(new Counter(2L * EVENTS, EVENTS, EVENTS));
        assertThat(stage.number("SELECT charged FROM quota_leases")).isEqualTo(EVENTS);
        assertThat(stage.number("SELECT count(*) FROM dead_events")).isZero();
    }
}

package io.wasmwiz.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.metering.Stage.Counter;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class RetentionIT {
    private static final LocalDate OLD = Stage.today().minusDays(20);
    private static final String TABLES =
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE '%usage_logs_"
                    + OLD.toString().replace("-", "") + "'";

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private final TestDatabase database = POSTGRES.createDatabase();
    private final Stage stage =
            new Stage(database.jdbi(), database.url("wasmwiz_metering"), KAFKA.bootstrapServers(), KAFKA.newTopic(1));
    private final UUID account = stage.account();

    /** Three charged rows and a late one of a day that goes, the same of one that stays. */
    @BeforeEach
    void meterTwoDays() {
        try (MeteringWorker worker = stage.worker()) {
            // From then on it does not look for leases past their time.
            Stage.awaitReady(worker);
            for (LocalDate day : List.of(OLD, Stage.today())) {
                UUID lease = stage.lease(account, 5, day);
                for (int i = 0; i < 3; i++) {
                    stage.send(account, EventFixture.value(stage.executionOn(day, account, lease)));
                }
                stage.close(account, lease);
                stage.send(account, EventFixture.value(stage.executionOn(day, account, lease)));
            }
            stage.awaitMetered();
        }
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void dropsWholeDaysAndWhatBelongedToThemAndKeepsCounters() {
        assertThat(stage.texts(TABLES)).hasSize(1);
        stage.jdbi().useHandle(handle -> {
            handle.execute(
                    "INSERT INTO minute_grants VALUES (?, 'Free', date_trunc('minute', now() - interval '2 days',"
                            + " 'UTC'), 1), (?, 'Free', date_trunc('minute', now(), 'UTC'), 1)",
                    account,
                    account);
            for (LocalDate day : List.of(OLD, Stage.today().minusDays(10))) {
                handle.execute(
                        "INSERT INTO request_claims (user_id, request_id, execution_id, day, content_hash) VALUES (?,"
                                + " gen_random_uuid(), gen_random_uuid(), ?, decode(repeat('00', 32),"
                                + " 'hex'))",
                        account,
                        day);
            }
        });

        Stage.awaitReady(stage.worker("--retention-days=10"));

        assertThat(stage.texts(TABLES)).isEmpty();
        assertThat(stage.texts("SELECT floor::text FROM usage_retention"))
                .containsExactly(Stage.today().minusDays(10).toString());
        assertThat(stage.number("SELECT count(*) FROM usage_logs")).isEqualTo(4);
        assertThat(stage.counter(account, OLD)).isEqualTo(new Counter(3, 3, 4));
        assertThat(stage.texts("SELECT day::text FROM quota_leases"))
                .containsExactly(Stage.today().toString());
        assertThat(stage.number("SELECT count(*) FROM minute_grants")).isEqualTo(1);
        assertThat(stage.texts("SELECT day::text FROM request_claims"))
                .containsExactly(Stage.today().minusDays(10).toString());
        assertThat(stage.number("SELECT below_offset FROM dropped_log_positions"))
                .isEqualTo(10);
    }

    @Test
    void changesNothingWhenTheLogIsReadAgainAfterADayWasDropped() {
        try (MeteringWorker worker = stage.worker("--retention-days=10")) {
            Stage.awaitReady(worker);
            stage.execute(account, stage.lease(account, 1));
            stage.awaitMetered();
        }
        List<String> before = stage.everything();

        stage.jdbi()
                .useHandle(handle -> handle.execute("UPDATE log_positions SET next_offset = 0, leader_epoch = NULL"));
        stage.worker("--retention-days=10", "--max-batch-records=2");
        stage.awaitMetered();

        assertThat(stage.everything()).isEqualTo(before);
        assertThat(stage.number("SELECT count(*) FROM dead_events")).isZero();
        assertThat(stage.texts(TABLES)).isEmpty();
    }

    @Test
    void putsAsideWhatComesAfterItsDayWasDroppedAlsoWhenItIsReadAgain() {
        try (MeteringWorker worker = stage.worker("--retention-days=10")) {
            Stage.awaitReady(worker);
            stage.send(account, EventFixture.value(stage.executionOn(OLD, account, UUID.randomUUID())));
            stage.awaitMetered();
        }
        assertThat(stage.texts("SELECT reason FROM dead_events")).containsExactly("BELOW_RETENTION");
        List<String> before = stage.everything();

        stage.jdbi()
                .useHandle(handle -> handle.execute("UPDATE log_positions SET next_offset = 0, leader_epoch = NULL"));
        stage.worker("--retention-days=10");
        stage.awaitMetered();

        assertThat(stage.everything()).isEqualTo(before);
    }

    @Test
    void waitsForReadersAndLetsWritersThrough() {
        try (Handle reader = stage.jdbi().open()) {
            reader.begin();
            reader.createQuery("SELECT count(*) FROM usage_logs")
                    .mapTo(Long.class)
                    .one();
            MeteringWorker worker = stage.worker("--retention-days=10");

            UUID lease = stage.lease(account, 100);
            for (int i = 0; i < 50; i++) {
                stage.execute(account, lease);
            }
            stage.awaitMetered();
            Stage.awaitFault(worker, "retention", "is in use");
            assertThat(stage.texts(TABLES)).hasSize(1);
            reader.commit();

            await().atMost(Stage.PATIENCE)
                    .untilAsserted(() -> assertThat(stage.texts(TABLES)).isEmpty());
            Stage.awaitReady(worker);
        }
    }
}

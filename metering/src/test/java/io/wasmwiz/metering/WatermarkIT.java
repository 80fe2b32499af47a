package io.wasmwiz.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.metering.store.LedgerConfig;
import io.wasmwiz.metering.store.PostgresWatermark;
import io.wasmwiz.metering.store.PostgresWatermark.Mark;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The watermark beside leases in every state, and grants at every stage. */
final class WatermarkIT {
    private static final LedgerConfig LIMITS = new LedgerConfig(
            Duration.ofSeconds(20), Duration.ofSeconds(5), Duration.ofMinutes(1), Duration.ZERO, 7, 400, 1_100);
    private static final Duration GRANT_TIMEOUT = Duration.ofSeconds(1);

    // As an executor's: its time is that of the transaction's begin.
    private static final String GRANT = """
            INSERT INTO quota_leases (id, user_id, tier, day, size, executor, granted_at, use_by)
            VALUES (:lease, :account, 'Free', (now() AT TIME ZONE 'UTC')::date, 5, 'test', now(),
                    least(now() + interval '5 minutes',
                          ((now() AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE 'UTC'))
            RETURNING granted_at
            """;

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private final TestDatabase database = POSTGRES.createDatabase();
    private final Stage stage =
            new Stage(database.jdbi(), database.url("wasmwiz_metering"), KAFKA.bootstrapServers(), KAFKA.newTopic(2));
    private final PostgresWatermark watermark =
            new PostgresWatermark(database.jdbi("wasmwiz_metering"), LIMITS, GRANT_TIMEOUT);
    private final UUID account = stage.account();

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void followsTheClockWhenNothingIsUnsettled() {
        Mark first = advance();
        Mark second = advance();

        assertThat(first.lag()).isEqualTo(GRANT_TIMEOUT);
        assertThat(second.completeBefore()).isAfter(first.completeBefore());
    }

    @Test
    void waitsForTheOldestLeaseUntilItsEndIsReadFromTheLog() {
        UUID old = stage.lease(account, 5);
        stage.lease(account, 5, Stage.today().minusDays(1));
        Instant yesterday = Stage.now().minus(Duration.ofHours(36));
        assertThat(advance().completeBefore()).isEqualTo(yesterday);
        stage.jdbi()
                .useHandle(handle ->
                        handle.execute("UPDATE quota_leases SET state = 'closing' WHERE day < ?", Stage.today()));
        assertThat(advance().completeBefore()).isEqualTo(yesterday);
        stage.jdbi()
                .useHandle(handle -> handle.execute(
                        "UPDATE quota_leases SET state = 'closed', closed_at = now() WHERE day < ?", Stage.today()));
        assertThat(advance().completeBefore()).isEqualTo(Stage.now().minus(Duration.ofHours(12)));

        stage.execute(account, old);
        stage.worker("--watermark-interval=100ms");
        stage.awaitMetered();
        assertThat(advance().completeBefore()).isEqualTo(Stage.now().minus(Duration.ofHours(12)));
        stage.close(account, old);
        stage.awaitMetered();
        await().atMost(Stage.PATIENCE)
                .untilAsserted(() -> assertThat(
                                stage.number("SELECT count(*) FROM usage_watermark WHERE complete_before > '%s'"
                                        .formatted(Stage.now().minus(Duration.ofHours(12)))))
                        .isEqualTo(1));
    }

    @Test
    void waitsForAGrantThatHasWrittenItsLeaseAndIsNotCommitted() {
        try (Handle executor = stage.jdbi().open()) {
            executor.begin();
            Instant granted = grant(executor);
            assertThat(watermark.advance()).isEmpty();
            executor.commit();

            awaitFloorBeyond(granted);
            assertThat(advance().completeBefore()).isEqualTo(granted);
        }
    }

    @Test
    void refusesAGrantThatWritesItsLeaseAfterTheWatermarkPassedItsBeginning() {
        try (Handle executor = stage.jdbi().open()) {
            executor.begin();
            Instant began = executor.createQuery("SELECT now()")
                    .mapTo(OffsetDateTime.class)
                    .one()
                    .toInstant();
            awaitFloorBeyond(began);

            assertThatThrownBy(() -> grant(executor)).hasMessageContaining("took too long");
            executor.rollback();
            assertThat(advance().completeBefore()).isAfter(began);
        }
    }

    @Test
    void takesAGrantThatIsSlowAndInTime() {
        try (Handle executor = stage.jdbi().open()) {
            Mark before = advance();
            executor.begin();
            executor.execute("SELECT now()");
            Mark during = advance();
            Instant granted = grant(executor);
            executor.commit();

            assertThat(before.completeBefore()).isBefore(granted);
            assertThat(during.completeBefore()).isBefore(granted);
            awaitFloorBeyond(granted);
            assertThat(advance().completeBefore()).isEqualTo(granted);
        }
    }

    @Test
    void neverGoesBack() {
        Mark before = advance();
        stage.lease(account, 5, Stage.today().minusDays(1));

        assertThat(advance().completeBefore()).isEqualTo(before.completeBefore());
    }

    private Instant grant(Handle executor) {
        return executor.createQuery(GRANT)
                .bind("lease", UUID.randomUUID())
                .bind("account", account)
                .mapTo(OffsetDateTime.class)
                .one()
                .toInstant();
    }

    private Mark advance() {
        return watermark.advance().orElseThrow();
    }

    private void awaitFloorBeyond(Instant time) {
        await().atMost(Stage.PATIENCE).untilAsserted(() -> {
            watermark.advance();
            assertThat(stage.number("SELECT count(*) FROM usage_watermark WHERE grant_floor > '%s'".formatted(time)))
                    .isEqualTo(1);
        });
    }
}

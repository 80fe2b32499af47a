package io.wasmwiz.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.metering.Stage.Counter;
import io.wasmwiz.metering.lease.AbandonedLease;
import io.wasmwiz.metering.store.PostgresAbandonedLeases;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Leases of executors that died, and of some that only seemed to. */
final class LeaseSweepIT {
    private static final LocalDate DAY = Stage.today().minusDays(2);
    private static final Duration AGAIN = Duration.ofMinutes(5);

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private final TestDatabase database = POSTGRES.createDatabase();
    private final Stage stage =
            new Stage(database.jdbi(), database.url("wasmwiz_metering"), KAFKA.bootstrapServers(), KAFKA.newTopic(3));
    private final UUID account = stage.account();

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void closesTheLeaseOfAnExecutorThatIsGoneOnceWhateverItStillDoes() throws Exception {
        UUID lease = stage.lease(account, 5, DAY);
        UUID running = stage.lease(account, 5);
        execute(lease);
        execute(lease);
        stage.flush();
        MeteringWorker worker = stage.worker("--lease-sweep-interval=200ms");
        await().atMost(Stage.PATIENCE)
                .untilAsserted(() -> assertThat(state(lease)).isEqualTo("closed"));
        assertThat(stage.counter(account, DAY)).isEqualTo(new Counter(2, 2, 2));

        // It was stopped beyond every time-out, and continues: its runs in flight end, then it closes its lease.
        execute(lease);
        execute(lease);
        stage.close(account, lease);
        execute(lease);
        stage.flush();
        await().atMost(Stage.PATIENCE)
                .untilAsserted(() -> assertThat(stage.counter(account, DAY)).isEqualTo(new Counter(2, 2, 5)));

        assertThat(stage.number("SELECT count(*) FROM usage_logs WHERE uncharged_cause = 'late'"))
                .isEqualTo(3);
        assertThat(state(running)).isEqualTo("open");
        await().atMost(Stage.PATIENCE)
                .untilAsserted(() -> assertThat(Stage.metrics(worker))
                        .contains(
                                "wasmwiz_metering_leases_given_up_total 1.0",
                                "wasmwiz_metering_lease_closes_total{outcome=\"settled\"} 1.0",
                                "wasmwiz_metering_lease_closes_total{outcome=\"repeated\"} 1.0"));
    }

    @Test
    void publishesTheEndThatAWorkerDiedBefore() {
        UUID lease = stage.lease(account, 5, DAY);
        stage.jdbi().useHandle(handle -> handle.execute("UPDATE quota_leases SET state = 'closing'"));
        execute(lease);
        stage.flush();

        stage.worker();

        await().atMost(Stage.PATIENCE)
                .untilAsserted(() -> assertThat(state(lease)).isEqualTo("closed"));
        assertThat(stage.counter(account, DAY).held())
                .isEqualTo(stage.counter(account, DAY).charged());
    }

    @Test
    void settlesOnceWhenTheEndIsPublishedTwice() {
        UUID lease = stage.lease(account, 5, DAY);
        stage.lease(account, 3, DAY);
        execute(lease);
        stage.flush();
        MeteringWorker worker = stage.worker("--lease-sweep-interval=200ms");
        stage.close(account, lease);
        await().atMost(Stage.PATIENCE)
                .untilAsserted(() -> assertThat(stage.texts("SELECT DISTINCT state FROM quota_leases"))
                        .containsExactly("closed"));
        assertThat(stage.counter(account, DAY).held())
                .isEqualTo(stage.counter(account, DAY).charged());
        Stage.awaitReady(worker);
    }

    @Test
    void waitsForTheLongestRunThatAnyVersionOfTheTierAllowed() {
        stage.lease(account, 5, DAY);
        PostgresAbandonedLeases leases = leases();
        long millisSinceUseBy =
                stage.number("SELECT (extract(epoch FROM now() - use_by) * 1000)::bigint FROM quota_leases");
        stage.jdbi()
                .useHandle(handle -> handle.execute(
                        "INSERT INTO subscription_tier_versions VALUES ('Free', 99, 1, 1, 1, ?, 1, now())",
                        millisSinceUseBy + 600_000));
        assertThat(leases.tryTurn(
                        turn -> assertThat(turn.giveUp(Duration.ZERO, 10)).isZero()))
                .isTrue();

        stage.jdbi().useHandle(handle -> handle.execute("DELETE FROM subscription_tier_versions WHERE version = 99"));
        leases.tryTurn(turn -> {
            assertThat(turn.giveUp(Duration.ofMillis(millisSinceUseBy + 600_000), 10))
                    .isZero();
            assertThat(turn.giveUp(Duration.ZERO, 10)).isEqualTo(1);
            assertThat(turn.giveUp(Duration.ZERO, 10)).isZero();
        });
    }

    @Test
    void remembersWhatTheLogAcknowledged() {
        UUID lease = stage.lease(account, 5, DAY);
        leases().tryTurn(turn -> {
            turn.giveUp(Duration.ZERO, 10);
            assertThat(turn.unpublished(AGAIN, 10)).containsExactly(new AbandonedLease(lease, account));
            turn.published(List.of(lease));
            assertThat(turn.unpublished(AGAIN, 10)).isEmpty();
            assertThat(turn.unpublished(Duration.ofSeconds(-1), 10)).hasSize(1);
        });
    }

    @Test
    void cannotBeRenewedOnceItIsClosing() {
        stage.lease(account, 5, DAY);
        String renew = "UPDATE quota_leases SET use_by = use_by - interval '1 second'";
        stage.jdbi().useHandle(handle -> assertThat(handle.execute(renew)).isEqualTo(1));

        leases().tryTurn(turn -> turn.giveUp(Duration.ZERO, 10));

        assertThatThrownBy(() -> stage.jdbi().useHandle(handle -> handle.execute(renew)))
                .hasMessageContaining("is closing and cannot be renewed");
    }

    @Test
    void takesTurns() {
        PostgresAbandonedLeases leases = leases();
        assertThat(leases.tryTurn(
                        turn -> assertThat(leases().tryTurn(second -> {})).isFalse()))
                .isTrue();
        assertThat(leases().tryTurn(turn -> {})).isTrue();
    }

    private PostgresAbandonedLeases leases() {
        return new PostgresAbandonedLeases(
                database.jdbi("wasmwiz_metering"), stage.config().ledger());
    }

    private void execute(UUID lease) {
        stage.send(account, EventFixture.value(stage.executionOn(DAY, account, lease)));
    }

    private String state(UUID lease) {
        return stage.texts("SELECT state FROM quota_leases WHERE id = '" + lease + "'")
                .get(0);
    }
}

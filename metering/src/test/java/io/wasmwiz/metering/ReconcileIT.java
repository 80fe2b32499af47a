package io.wasmwiz.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.Gson;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.metering.reconcile.Finding;
import io.wasmwiz.metering.reconcile.Finding.Kind;
import io.wasmwiz.metering.reconcile.ReconcileCommand;
import io.wasmwiz.metering.reconcile.Report;
import io.wasmwiz.service.ServiceCommand;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The books after every kind of event, and after somebody's hand was in them. */
final class ReconcileIT {
    private static final int PARTITIONS = 3;

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private record Outcome(int exitCode, Report report) {}

    private final TestDatabase database = POSTGRES.createDatabase();
    private final String topic = KAFKA.newTopic(PARTITIONS);
    private final Stage stage =
            new Stage(database.jdbi(), database.url("wasmwiz_metering"), KAFKA.bootstrapServers(), topic);
    private final List<UUID> executions = new ArrayList<>();
    private UUID account = new UUID(0, 0);
    private UUID lease = new UUID(0, 0);

    /** Charged, late, not chargeable, repeated, claimed and dead events; open, closed, repeatedly closed and used up leases. */
    @BeforeEach
    void meterEveryKindOfEvent() throws Exception {
        stage.worker();
        account = stage.account();
        lease = stage.lease(account, 10);
        for (int i = 0; i < 4; i++) {
            executions.add(stage.execute(account, lease));
        }
        ExecutionEvent.Builder repeated = EventFixture.execution(account, lease, Stage.now());
        stage.send(account, EventFixture.value(repeated));
        stage.send(account, EventFixture.value(repeated));
        stage.send(
                account,
                EventFixture.value(
                        EventFixture.execution(account, lease, Stage.now()).setCharged(false)));
        ExecutionEvent request = EventFixture.execution(account, lease, Stage.now())
                .setRequestId(EventFixture.bytes(UUID.randomUUID()))
                .build();
        for (boolean charged : new boolean[] {false, true, true, false}) {
            stage.send(account, EventFixture.value(request.toBuilder().setCharged(charged)));
        }
        stage.send(account, new byte[] {1, 2, 3});

        UUID other = stage.account();
        UUID small = stage.lease(other, 2);
        for (int i = 0; i < 3; i++) {
            stage.execute(other, small);
        }
        stage.close(other, small);
        stage.execute(other, small);
        stage.close(other, small);
        stage.execute(other, UUID.randomUUID());
        stage.awaitMetered();
    }

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void findsNothingInHonestBooks() {
        Outcome outcome = reconcile();

        assertThat(outcome.report().findings()).isEmpty();
        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.report().logRecords()).isEqualTo(stage.position());
        assertThat(outcome.report().rows()).isEqualTo(stage.number("SELECT count(*) FROM usage_logs"));
        assertThat(outcome.report().leases()).isEqualTo(2);
    }

    @Test
    void namesADeletedRowAndTheCounterThatStillHasIt() {
        execute("DELETE FROM usage_logs WHERE execution_id = ?", executions.get(2));

        Outcome outcome = reconcile();

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.report().findings())
                .anySatisfy(finding -> assertThat(finding)
                        .returns(Kind.EVENT_WITHOUT_ROW, Finding::kind)
                        .satisfies(missing -> assertThat(missing.subject())
                                .contains(executions.get(2).toString(), account.toString())))
                .anySatisfy(finding -> assertThat(finding)
                        .returns(Kind.COUNTER_DIFFERS, Finding::kind)
                        .returns("charged is 6 and the charged rows are 5", Finding::detail))
                .anySatisfy(finding -> assertThat(finding.kind()).isEqualTo(Kind.ROLLUP_DIFFERS))
                .hasSize(4);
    }

    @Test
    void namesARowThatNoEventMade() {
        UUID made = EventFixture.idAt(Stage.now());
        execute("""
                INSERT INTO usage_logs SELECT (jsonb_populate_record(u, jsonb_build_object(
                    'execution_id', ?::uuid, 'log_offset', u.log_offset + 1000000))).*
                FROM usage_logs u WHERE execution_id = ?
                """, made, executions.get(0));

        Outcome outcome = reconcile();

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.report().findings())
                .anySatisfy(finding -> assertThat(finding)
                        .returns(Kind.ROW_WITHOUT_EVENT, Finding::kind)
                        .satisfies(row -> assertThat(row.subject()).contains(made.toString())))
                .anySatisfy(finding ->
                        assertThat(finding).returns("charged is 6 and the charged rows are 7", Finding::detail));
    }

    @Test
    void namesARowThatTookAnothersPlace() {
        UUID made = EventFixture.idAt(Stage.now());
        execute("UPDATE usage_logs SET execution_id = ? WHERE execution_id = ?", made, executions.get(1));

        assertThat(reconcile().report().findings())
                .extracting(Finding::kind, finding -> finding.subject().split(" ", 3)[1])
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(Kind.ROW_WITHOUT_EVENT, made.toString()),
                        org.assertj.core.groups.Tuple.tuple(
                                Kind.EVENT_WITHOUT_ROW, executions.get(1).toString()));
    }

    @Test
    void namesAnEditedFigure() {
        execute("UPDATE usage_logs SET cpu_time_us = cpu_time_us + 1 WHERE execution_id = ?", executions.get(0));

        assertThat(reconcile().report().findings())
                .satisfiesExactly(
                        finding -> {
                            assertThat(finding.kind()).isEqualTo(Kind.ROW_DIFFERS);
                            assertThat(finding.subject())
                                    .contains(executions.get(0).toString());
                            assertThat(finding.detail()).isEqualTo("cpu_time_us is 1201 and should be 1200");
                        },
                        finding -> assertThat(finding.kind()).isEqualTo(Kind.ROLLUP_DIFFERS));
    }

    @Test
    void namesARowThatIsNotChargedAndShouldBe() {
        execute(
                "UPDATE usage_logs SET charged = false, uncharged_cause = 'late' WHERE execution_id = ?",
                executions.get(0));

        assertThat(reconcile().report().findings())
                .anySatisfy(finding -> assertThat(finding)
                        .returns(Kind.CHARGE_DIFFERS, Finding::kind)
                        .returns("is not charged (late) and should be charged", Finding::detail));
    }

    @Test
    void namesACounterThatWasChanged() {
        execute("UPDATE daily_tier_counters SET executions = executions + 1 WHERE user_id = ?", account);

        assertThat(reconcile().report().findings()).singleElement().satisfies(finding -> {
            assertThat(finding.kind()).isEqualTo(Kind.COUNTER_DIFFERS);
            assertThat(finding.subject())
                    .contains(account.toString(), "Free", Stage.today().toString());
            assertThat(finding.detail()).isEqualTo("executions is 9 and the rows are 8");
        });
    }

    @Test
    void namesARollupThatWasChangedAndOneThatIsMissing() {
        execute("UPDATE usage_rollups SET wall_time_us = wall_time_us + 1 WHERE user_id = ?", account);
        execute("DELETE FROM usage_rollups WHERE user_id <> ?", account);

        Outcome outcome = reconcile();

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.report().findings())
                .anySatisfy(finding -> assertThat(finding)
                        .returns(Kind.ROLLUP_DIFFERS, Finding::kind)
                        .satisfies(changed -> assertThat(changed.subject())
                                .contains(account.toString(), Stage.now().toString()))
                        .satisfies(changed -> assertThat(changed.detail()).contains("12001", "12000")))
                .anySatisfy(finding -> assertThat(finding.detail()).contains("is missing and its rows make"))
                .allSatisfy(finding -> assertThat(finding.kind()).isEqualTo(Kind.ROLLUP_DIFFERS));
    }

    @Test
    void namesARollupOfTheDayThatIsNotTheSumOfItsHours() {
        execute("UPDATE usage_day_rollups SET input_bytes = input_bytes + 1 WHERE user_id = ?", account);
        execute("DELETE FROM usage_day_rollups WHERE user_id <> ?", account);

        assertThat(reconcile().report().findings())
                .hasSize(2)
                .allSatisfy(finding -> assertThat(finding)
                        .returns(Kind.ROLLUP_DIFFERS, Finding::kind)
                        .satisfies(rollup -> assertThat(rollup.subject()).contains("day " + Stage.today())))
                .anySatisfy(finding -> assertThat(finding.subject()).contains(account.toString()))
                .anySatisfy(finding -> assertThat(finding.detail()).contains("is missing and its hours make"));
    }

    @Test
    void namesUnitsThatNoLeaseHolds() {
        execute("UPDATE daily_tier_counters SET held = held + 3 WHERE user_id = ?", account);

        assertThat(reconcile().report().findings())
                .singleElement()
                .satisfies(finding ->
                        assertThat(finding.detail()).isEqualTo("held is 13 and the units that leases hold are 10"));
    }

    @Test
    void namesALeaseThatWasChanged() {
        execute("UPDATE quota_leases SET charged = charged - 1 WHERE id = ?", lease);

        assertThat(reconcile().report().findings()).singleElement().satisfies(finding -> {
            assertThat(finding.kind()).isEqualTo(Kind.LEASE_DIFFERS);
            assertThat(finding.subject()).contains(lease.toString());
            assertThat(finding.detail()).isEqualTo("charged is 5 and should be 6");
        });
    }

    @Test
    void looksAtOneDayWhereAsked() {
        execute("UPDATE daily_tier_counters SET executions = executions + 1 WHERE user_id = ?", account);

        assertThat(reconcile("--day=" + Stage.today()).report().drift()).isEqualTo(1);
        Report before = reconcile("--day=" + Stage.today().minusDays(1)).report();
        assertThat(before.drift()).isZero();
        assertThat(before.rows()).isZero();
    }

    @Test
    void countsWhatItDoesNotPrint() {
        execute("UPDATE usage_logs SET cpu_time_us = cpu_time_us + 1");

        Report report = reconcile("--max-findings=2").report();

        assertThat(report.drift())
                .isEqualTo(stage.number("SELECT count(*) FROM usage_logs")
                        + stage.number("SELECT count(*) FROM usage_rollups"));
        assertThat(report.findings()).hasSize(2);
    }

    @Test
    void comparesRowsWithCountersBeyondTheLogsReach() throws Exception {
        deleteLog();

        Report untouched = reconcile().report();
        assertThat(untouched.findings()).isEmpty();
        assertThat(untouched.rowsBeyondLog()).isEqualTo(stage.number("SELECT count(*) FROM usage_logs"));

        execute("DELETE FROM usage_logs WHERE execution_id = ?", executions.get(2));
        assertThat(reconcile().report().findings()).extracting(Finding::kind).contains(Kind.COUNTER_DIFFERS);
    }

    @Test
    void acceptsALateRowWhoseLeaseWasClosedBeforeTheLogsReach() throws Exception {
        UUID closed = stage.lease(account, 5);
        stage.execute(account, closed);
        stage.close(account, closed);
        stage.awaitMetered();
        deleteLog();
        stage.execute(account, closed);
        stage.awaitMetered();

        assertThat(reconcile().report().findings()).isEmpty();
    }

    @Test
    void takesARowOfAnEarlierTopicForNoneOfThisLog() {
        execute("INSERT INTO log_topics (topic, topic_id) VALUES (?, ?)", topic, UUID.randomUUID());
        execute("""
                INSERT INTO usage_logs SELECT (jsonb_populate_record(u, jsonb_build_object(
                    'execution_id', ?::uuid, 'charged', false, 'uncharged_cause', 'late',
                    'log_generation', (SELECT max(generation) FROM log_topics)))).*
                FROM usage_logs u WHERE execution_id = ?
                """, EventFixture.idAt(Stage.now()), executions.get(0));
        execute("UPDATE daily_tier_counters SET executions = executions + 1 WHERE user_id = ?", account);
        for (String rollups : List.of("usage_rollups", "usage_day_rollups")) {
            execute(
                    "UPDATE " + rollups + " SET runs = runs + 1, wall_time_us = wall_time_us + 1500,"
                            + " cpu_time_us = cpu_time_us + 1200, input_bytes = input_bytes + 12,"
                            + " output_bytes = output_bytes + 34 WHERE user_id = ?",
                    account);
        }

        Report report = reconcile().report();

        assertThat(report.findings()).isEmpty();
        assertThat(report.rowsBeyondLog()).isEqualTo(1);
    }

    @Test
    void looksAtNothingBelowTheRetentionFloor() {
        LocalDate before = Stage.today().minusDays(2);
        UUID old = stage.lease(account, 3, before);
        stage.send(
                account,
                EventFixture.value(EventFixture.execution(
                        account, old, before.atTime(12, 0).toInstant(ZoneOffset.UTC))));
        stage.awaitMetered();
        assertThat(reconcile().report().findings()).isEmpty();
        assertThat(reconcile().report().leases()).isEqualTo(3);

        stage.jdbi().useHandle(handle -> {
            handle.execute("SELECT raise_usage_floor(?)", before.plusDays(1));
            handle.execute("SELECT detach_usage_partition(?)", before);
        });

        assertThat(reconcile().report().findings()).isEmpty();
        assertThat(reconcile().report().leases()).isEqualTo(2);
    }

    @Test
    void isSilentWhileWorkGoesOn() {
        for (int round = 0; round < 10; round++) {
            UUID busy = stage.lease(account, 50);
            for (int i = 0; i < 50; i++) {
                stage.execute(account, busy);
            }
            stage.close(account, busy);
            assertThat(reconcile().report().findings()).isEmpty();
        }
        stage.awaitMetered();
        assertThat(reconcile().report().findings()).isEmpty();
    }

    @Test
    void readsOnlyTheLogOfTheNewestDaysWhereAsked() {
        LocalDate before = Stage.today().minusDays(2);
        UUID old = stage.lease(account, 3, before);
        stage.send(
                account,
                EventFixture.value(EventFixture.execution(
                        account, old, before.atTime(12, 0).toInstant(ZoneOffset.UTC))));
        stage.awaitMetered();
        execute("UPDATE usage_logs SET cpu_time_us = cpu_time_us + 1 WHERE day = ?", before);
        execute("UPDATE daily_tier_counters SET executions = executions + 1 WHERE day = ?", before);

        Report newest = reconcile("--days=2").report();

        assertThat(newest.findings()).isEmpty();
        assertThat(newest.leases()).isEqualTo(2);
        assertThat(reconcile("--days=3").report().drift()).isEqualTo(3);
    }

    @Test
    void workersReconcileInTurnAndAllShowTheNewestResult() throws Exception {
        MeteringWorker one = stage.worker("--reconcile-interval=1s");
        MeteringWorker other = stage.worker("--reconcile-interval=1s");
        for (MeteringWorker worker : List.of(one, other)) {
            await().atMost(Stage.PATIENCE)
                    .untilAsserted(() -> assertThat(Stage.metrics(worker))
                            .contains(
                                    "wasmwiz_metering_reconcile_drift 0.0", "wasmwiz_metering_reconcile_age_seconds"));
        }

        execute("DELETE FROM usage_logs WHERE execution_id = ?", executions.get(2));

        for (MeteringWorker worker : List.of(one, other)) {
            await().atMost(Stage.PATIENCE)
                    .untilAsserted(
                            () -> assertThat(Stage.metrics(worker)).contains("wasmwiz_metering_reconcile_drift 4.0"));
        }
        assertThat(stage.texts("SELECT findings[1] FROM reconciliations ORDER BY id DESC LIMIT 1"))
                .singleElement()
                .asString()
                .contains("EVENT_WITHOUT_ROW", executions.get(2).toString());
        assertThat(stage.number("SELECT max(log_records) FROM reconciliations")).isEqualTo(stage.position());
    }

    @Test
    void countsTheReconciliationsThatTakeTooLong() throws Exception {
        MeteringWorker worker = stage.worker("--reconcile-interval=1s", "--reconcile-timeout=3s");
        try (Handle blocker = stage.jdbi().open()) {
            blocker.begin();
            blocker.execute("LOCK TABLE quota_leases IN ACCESS EXCLUSIVE MODE");
            await().atMost(Stage.PATIENCE)
                    .untilAsserted(() -> assertThat(Stage.metrics(worker))
                            .containsPattern("wasmwiz_metering_reconcile_failures_total [1-9]"));
            blocker.rollback();
        }

        await().atMost(Stage.PATIENCE)
                .untilAsserted(
                        () -> assertThat(Stage.metrics(worker)).contains("wasmwiz_metering_reconcile_drift 0.0"));
    }

    @Test
    void saysWhatIsWrongWithItsSettings() {
        assertThat(ServiceCommand.run(new ReconcileCommand(), Map.of(), "--max-findings=-1"))
                .isEqualTo(ServiceCommand.EX_CONFIG);
    }

    @Test
    void saysThatKafkaDoesNotAnswer() {
        assertThat(ServiceCommand.run(
                        new ReconcileCommand(),
                        Map.of(),
                        "--database-url=" + database.url("wasmwiz_reader"),
                        "--kafka-bootstrap-servers=127.0.0.1:1",
                        "--log-timeout=PT1S"))
                .isEqualTo(ServiceCommand.EX_UNAVAILABLE);
    }

    private void execute(String sql, Object... arguments) {
        stage.jdbi()
                .useHandle(handle -> assertThat(handle.execute(sql, arguments)).isPositive());
    }

    private void deleteLog() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", KAFKA.bootstrapServers()))) {
            Map<TopicPartition, RecordsToDelete> ends = new java.util.HashMap<>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                ends.put(new TopicPartition(topic, partition), RecordsToDelete.beforeOffset(-1));
            }
            admin.deleteRecords(ends).all().get(60, TimeUnit.SECONDS);
        }
    }

    private Outcome reconcile(String... flags) {
        var printed = new java.io.ByteArrayOutputStream();
        PrintStream before = System.out;
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        int exitCode;
        try {
            exitCode = ServiceCommand.run(
                    new ReconcileCommand(),
                    Map.of(),
                    Stream.concat(
                                    Stream.of(
                                            "--database-url=" + database.url("wasmwiz_reader"),
                                            "--kafka-bootstrap-servers=" + KAFKA.bootstrapServers(),
                                            "--kafka-topic=" + topic,
                                            "--json"),
                                    Stream.of(flags))
                            .toArray(String[]::new));
        } finally {
            System.setOut(before);
        }
        return new Outcome(exitCode, new Gson().fromJson(printed.toString(StandardCharsets.UTF_8), Report.class));
    }
}

package io.wasmwiz.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.events.v1.ExecutionStatus;
import io.wasmwiz.events.v1.TrapKind;
import io.wasmwiz.metering.Stage.Counter;
import io.wasmwiz.metering.store.LedgerException;
import io.wasmwiz.metering.store.TransactionHook;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class MeteringWorkerIT {
    private static final int PARTITIONS = 4;

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private final TestDatabase database = POSTGRES.createDatabase();
    private final String topic = KAFKA.newTopic(PARTITIONS);
    private final Stage stage =
            new Stage(database.jdbi(), database.url("wasmwiz_metering"), KAFKA.bootstrapServers(), topic);

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void writesEveryFieldOfAnExecution() {
        UUID account = stage.account();
        UUID key = stage.key(account);
        UUID lease = stage.lease(account, 5);
        Instant at = Stage.now().plus(123_456, ChronoUnit.MICROS);
        ExecutionEvent.Builder event = EventFixture.execution(account, lease, at)
                .setApiKeyId(EventFixture.bytes(key))
                .setModuleDigest(ByteString.copyFrom(new byte[] {
                    1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8
                }))
                .setRequestId(EventFixture.bytes(new UUID(1, 1)))
                .setBatchId(EventFixture.bytes(new UUID(2, 2)))
                .setItemId("item \u00e9\ud83d\ude80")
                .setStatus(ExecutionStatus.EXECUTION_STATUS_TRAPPED)
                .setTrap(TrapKind.TRAP_KIND_UNREACHABLE)
                .setExitCode(200)
                .setOutputTruncated(true);
        stage.worker();

        stage.send(account, EventFixture.value(event));
        stage.awaitMetered();

        Map<String, Object> row = stage.jdbi()
                .withHandle(handle -> handle.createQuery("SELECT * FROM usage_logs")
                        .mapToMap()
                        .one());
        assertThat(row)
                .containsEntry("execution_id", EventFixture.uuid(event.getExecutionId()))
                .containsEntry("user_id", account)
                .containsEntry("api_key_id", key)
                .containsEntry("module_digest", event.getModuleDigest().toByteArray())
                .containsEntry("tier", "Free")
                .containsEntry("tier_version", 1)
                .containsEntry("lease_id", lease)
                .containsEntry("request_id", new UUID(1, 1))
                .containsEntry("batch_id", new UUID(2, 2))
                .containsEntry("item_id", "item \u00e9\ud83d\ude80")
                .containsEntry("status", "trapped")
                .containsEntry("trap", "unreachable")
                .containsEntry("exit_code", 200)
                .containsEntry("wall_time_us", 1_500L)
                .containsEntry("cpu_time_us", 1_200L)
                .containsEntry("queue_time_us", 30L)
                .containsEntry("peak_memory_bytes", 65_536L)
                .containsEntry("module_bytes", 2_048L)
                .containsEntry("input_bytes", 12L)
                .containsEntry("output_bytes", 34L)
                .containsEntry("cache_hit", true)
                .containsEntry("output_truncated", true)
                .containsEntry("output_lost", false)
                .containsEntry("charged", true)
                .containsEntry("uncharged_cause", null);
        assertThat(stage.texts("SELECT day::text FROM usage_logs"))
                .containsExactly(Stage.today().toString());
        assertThat(stage.number("SELECT (extract(epoch FROM admitted_at) * 1000000)::bigint FROM usage_logs"))
                .isEqualTo(ChronoUnit.MICROS.between(Instant.EPOCH, at));
        assertThat(stage.number("SELECT (extract(epoch FROM last_used_at) * 1000000)::bigint FROM api_keys"))
                .isEqualTo(ChronoUnit.MICROS.between(Instant.EPOCH, at));
        assertThat(stage.counter(account)).isEqualTo(new Counter(5, 1, 1));
        assertThat(stage.number("SELECT charged FROM quota_leases")).isEqualTo(1);
    }

    @Test
    void movesLastUseForwardOnlyByMoreThanTheGranularity() {
        UUID account = stage.account();
        UUID key = stage.key(account);
        stage.worker("--last-used-granularity=PT10S");
        Instant start = Stage.now();
        for (long seconds : new long[] {0, 9, 11, 5}) {
            stage.send(
                    account,
                    EventFixture.value(EventFixture.execution(account, UUID.randomUUID(), start.plusSeconds(seconds))
                            .setApiKeyId(EventFixture.bytes(key))));
            stage.awaitMetered();
        }
        assertThat(stage.number("SELECT extract(epoch FROM last_used_at)::bigint FROM api_keys"))
                .isEqualTo(start.getEpochSecond() + 11);
    }

    @Test
    void returnsWhatALeaseDidNotSpendAndChargesNothingAfterwards() {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 10);
        UUID open = stage.lease(account, 3);
        stage.worker();
        for (int i = 0; i < 4; i++) {
            stage.execute(account, lease);
        }
        stage.close(account, lease);
        UUID late = stage.execute(account, lease);
        stage.close(account, lease);
        stage.execute(account, open);
        stage.close(account, UUID.randomUUID());
        stage.awaitMetered();

        assertThat(stage.counter(account)).isEqualTo(new Counter(7, 5, 6));
        assertThat(stage.texts("SELECT execution_id::text FROM usage_logs WHERE uncharged_cause = 'late'"))
                .containsExactly(late.toString());
        assertThat(stage.texts("SELECT state FROM quota_leases ORDER BY size DESC"))
                .containsExactly("closed", "open");
    }

    @Test
    void chargesNoMoreThanALeaseHolds() {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 3);
        stage.worker();
        for (int i = 0; i < 8; i++) {
            stage.execute(account, lease);
        }
        stage.awaitMetered();

        assertThat(stage.counter(account)).isEqualTo(new Counter(3, 3, 8));
        assertThat(stage.number("SELECT count(*) FROM usage_logs WHERE uncharged_cause = 'late'"))
                .isEqualTo(5);
    }

    @Test
    void changesNothingWhenTheLogIsReadAgain() throws Exception {
        List<UUID> accounts = publishMixture(200);
        stage.send(accounts.get(0), "not a record".getBytes(StandardCharsets.UTF_8));
        try (MeteringWorker worker = stage.worker()) {
            stage.awaitMetered();
            assertThat(Stage.metrics(worker)).contains("wasmwiz_metering_executions_total{outcome=\"duplicate\"} 0.0");
        }
        List<String> before = stage.everything();
        assertThat(before).hasSizeGreaterThan(200);
        long records = stage.position();

        stage.jdbi()
                .useHandle(handle -> handle.execute("UPDATE log_positions SET next_offset = 0, leader_epoch = NULL"));
        stage.worker("--max-batch-records=37");
        stage.awaitPosition(records);

        assertThat(stage.everything()).isEqualTo(before);
    }

    @Test
    void dropsABatchWhenAnotherHasMovedThePosition() {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 100);
        MeteringWorker worker = stage.worker();
        stage.execute(account, lease);
        stage.awaitMetered();
        // As if another worker, which this one does not know of, had taken in a record.
        stage.jdbi()
                .useHandle(handle -> handle.execute(
                        "UPDATE log_positions SET next_offset = 2, leader_epoch = NULL WHERE next_offset = 1"));

        for (int i = 0; i < 5; i++) {
            stage.execute(account, lease);
        }
        stage.awaitMetered();

        assertThat(stage.counter(account).executions()).isEqualTo(5);
        await().untilAsserted(
                        () -> assertThat(Stage.metrics(worker)).contains("wasmwiz_metering_positions_moved_total 1.0"));
    }

    @Test
    void metersEveryEventOnceWhileWorkersComeAndGo() {
        List<UUID> accounts = new ArrayList<>();
        List<UUID> leases = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            accounts.add(stage.account());
            leases.add(stage.lease(accounts.get(i), 1_000));
        }
        MeteringWorker first = stage.worker("--max-batch-records=100");
        publish(accounts, leases, 5_000);
        MeteringWorker second = stage.worker("--max-batch-records=100");
        awaitReadPartitions(second);
        publish(accounts, leases, 5_000);
        first.close();
        publish(accounts, leases, 5_000);
        stage.awaitMetered();

        assertOnce(accounts, 15_000);
    }

    @Test
    void metersOnceWhenAWorkerDiesBetweenWritingAndCommitting() {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 1_000);
        AtomicInteger deaths = new AtomicInteger();
        MeteringWorker dying = stage.worker(
                new TransactionHook() {
                    @Override
                    public void beforeCommit(Handle handle) {
                        if (deaths.incrementAndGet() == 3) {
                            throw new AssertionError("killed before commit");
                        }
                    }
                },
                "--max-batch-records=50");
        for (int i = 0; i < 500; i++) {
            stage.execute(account, lease);
        }
        Stage.awaitFault(dying, "the loop is dead", "killed before commit");

        stage.worker("--max-batch-records=50");
        stage.awaitMetered();

        assertOnce(List.of(account), 500);
    }

    @Test
    void metersOnceWhenItsSessionEndsBeforeTheCommit() {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 1_000);
        AtomicInteger batches = new AtomicInteger();
        stage.worker(
                new TransactionHook() {
                    @Override
                    public void beforeCommit(Handle handle) {
                        if (batches.incrementAndGet() % 3 == 1) {
                            int pid = handle.createQuery("SELECT pg_backend_pid()")
                                    .mapTo(Integer.class)
                                    .one();
                            stage.number("SELECT pg_terminate_backend(" + pid + ", 5000)::int");
                        }
                    }
                },
                "--max-batch-records=50");
        for (int i = 0; i < 500; i++) {
            stage.execute(account, lease);
        }
        stage.awaitMetered();

        assertThat(batches.get()).isGreaterThan(3);
        assertOnce(List.of(account), 500);
    }

    @Test
    void metersOnceWhenTheAnswerToTheCommitIsLost() throws Exception {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 1_000);
        AtomicInteger batches = new AtomicInteger();
        MeteringWorker worker = stage.worker(
                new TransactionHook() {
                    @Override
                    public void afterCommit() {
                        if (batches.incrementAndGet() % 3 == 1) {
                            throw new LedgerException("answer lost", new SQLException("connection reset", "08006"));
                        }
                    }
                },
                "--max-batch-records=50");
        for (int i = 0; i < 500; i++) {
            stage.execute(account, lease);
        }
        stage.awaitMetered();

        assertOnce(List.of(account), 500);
        assertThat(Stage.metrics(worker)).doesNotContain("wasmwiz_metering_positions_moved_total 0.0");
    }

    @Test
    void putsWhatIsNoRecordAsideAndGoesOn() throws Exception {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 10);
        byte[] key = EventFixture.key(account);
        byte[] garbage = "not a record".getBytes(StandardCharsets.UTF_8);
        stage.sendNow(1, key, EventFixture.value(EventFixture.execution(account, lease, Stage.now())));
        long at = stage.sendNow(1, key, garbage);
        stage.sendNow(1, key, null);
        stage.sendNow(
                1,
                key,
                EventFixture.value(
                        EventFixture.execution(account, lease, Stage.now()).setExitCode(300)));
        stage.sendNow(1, key, EventFixture.value(EventFixture.execution(account, lease, Stage.now())));
        MeteringWorker worker = stage.worker();
        stage.awaitMetered();

        assertThat(stage.counter(account)).isEqualTo(new Counter(10, 2, 2));
        assertThat(stage.texts("SELECT reason FROM dead_events ORDER BY log_offset"))
                .containsExactly("MALFORMED", "NO_VALUE", "BAD_FIELD");
        Map<String, Object> dead = stage.jdbi()
                .withHandle(handle -> handle.createQuery("SELECT * FROM dead_events WHERE log_offset = :at")
                        .bind("at", at)
                        .mapToMap()
                        .one());
        assertThat(dead)
                .containsEntry("topic", topic)
                .containsEntry("log_partition", 1)
                .containsEntry("record_key", key)
                .containsEntry("record_value", garbage);
        await().untilAsserted(() ->
                assertThat(Stage.metrics(worker)).contains("wasmwiz_metering_dead_total{reason=\"MALFORMED\"} 1.0"));
    }

    @Test
    void isolatesRowsThatTheDatabaseRefusesForItsOwnReasons() {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 100);
        stage.jdbi()
                .useHandle(handle -> handle.execute(
                        "ALTER TABLE usage_logs ADD CONSTRAINT no_unlucky_items CHECK (item_id <> 'unlucky')"));
        UUID duplicate = stage.execute(account, lease);
        for (int i = 0; i < 60; i++) {
            stage.send(
                    account,
                    EventFixture.value(EventFixture.execution(account, lease, Stage.now())
                            .setItemId(i % 20 == 7 ? "unlucky" : "item-" + i)));
        }
        stage.send(
                account,
                EventFixture.value(EventFixture.execution(account, lease, Stage.now())
                        .setExecutionId(EventFixture.bytes(duplicate))));
        stage.flush();
        stage.worker();
        stage.awaitMetered();

        assertThat(stage.texts("SELECT reason || ' ' || detail FROM dead_events"))
                .hasSize(3)
                .allMatch(text -> text.startsWith("REFUSED_BY_DATABASE 23514: ") && text.contains("no_unlucky_items"));
        assertThat(stage.counter(account)).isEqualTo(new Counter(100, 58, 58));
        assertThat(stage.number("SELECT count(*) FROM usage_logs")).isEqualTo(58);
    }

    @Test
    void stopsAtARecordOfANewerSchemaAndReadsTheOtherPartitions() throws Exception {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 10);
        byte[] key = EventFixture.key(account);
        byte[] known = EventFixture.value(EventFixture.execution(account, lease, Stage.now()));
        stage.sendNow(0, key, known);
        stage.sendNow(
                0,
                key,
                EventFixture.value(
                        EventFixture.execution(account, lease, Stage.now()).setStatusValue(99)));
        stage.sendNow(0, key, EventFixture.value(EventFixture.execution(account, lease, Stage.now())));
        stage.sendNow(2, key, EventFixture.value(EventFixture.execution(account, lease, Stage.now())));

        MeteringWorker worker = stage.worker();

        Stage.awaitFault(worker, "partition 0 stopped", "NEWER_SCHEMA", "99");
        stage.awaitPosition(2);
        assertThat(stage.texts("SELECT partition || ':' || next_offset FROM log_positions WHERE next_offset > 0"))
                .containsExactlyInAnyOrder("0:1", "2:1");
        assertThat(stage.number("SELECT count(*) FROM dead_events")).isZero();
        assertThat(Stage.metrics(worker)).contains("wasmwiz_metering_partitions_stalled 1.0");
    }

    @Test
    void stopsWithAnAlarmWhenTheTopicWasMadeAnew() throws Exception {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 10);
        try (MeteringWorker worker = stage.worker()) {
            stage.execute(account, lease);
            stage.awaitMetered();
            Stage.awaitReady(worker);
        }
        recreateTopic();
        for (int i = 0; i < 5; i++) {
            stage.execute(account, lease);
        }
        stage.flush();

        MeteringWorker worker = stage.worker();

        Stage.awaitFault(worker, "TOPIC_REPLACED");
        assertThat(stage.position()).isEqualTo(1);
        assertThat(stage.counter(account)).isEqualTo(new Counter(10, 1, 1));
    }

    @Test
    void stopsWithAnAlarmWhenTheTopicIsMadeAnewUnderIt() throws Exception {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 10);
        MeteringWorker worker = stage.worker();
        stage.execute(account, lease);
        stage.awaitMetered();

        recreateTopic();
        for (int i = 0; i < 5; i++) {
            stage.execute(account, lease);
        }

        Stage.awaitFault(worker, "TOPIC_REPLACED");
        assertThat(stage.position()).isEqualTo(1);
        assertThat(stage.counter(account)).isEqualTo(new Counter(10, 1, 1));
    }

    @Test
    void stopsWithAnAlarmWhenRecordsWereRemovedBeforeTheyWereRead() throws Exception {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 10);
        byte[] key = EventFixture.key(account);
        for (int i = 0; i < 4; i++) {
            stage.sendNow(3, key, EventFixture.value(EventFixture.execution(account, lease, Stage.now())));
        }
        try (Admin admin = admin()) {
            admin.deleteRecords(Map.of(new TopicPartition(topic, 3), RecordsToDelete.beforeOffset(2)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }

        MeteringWorker worker = stage.worker();

        Stage.awaitFault(worker, "partition 3 stopped", "RECORDS_LOST", "starts at 2");
        assertThat(stage.position()).isZero();
    }

    @Test
    void makesThePartitionOfADayThatHasNone() {
        LocalDate day = Stage.today().minusDays(40);
        UUID account = stage.account();
        // From then on it does not look for leases past their time.
        Stage.awaitReady(stage.worker());
        UUID lease = stage.lease(account, 10, day);
        Instant at = day.atTime(12, 0).toInstant(ZoneOffset.UTC);
        stage.send(account, EventFixture.value(EventFixture.execution(account, lease, at)));
        stage.awaitMetered();
        assertThat(stage.counter(account, day)).isEqualTo(new Counter(10, 1, 1));

        // An operator drops it while the worker believes it is there.
        String table = "usage_logs_" + day.toString().replace("-", "");
        stage.jdbi().useHandle(handle -> handle.execute("DROP TABLE " + table));
        stage.send(account, EventFixture.value(EventFixture.execution(account, lease, at)));
        stage.awaitMetered();

        assertThat(stage.counter(account, day)).isEqualTo(new Counter(10, 2, 2));
        assertThat(stage.number("SELECT count(*) FROM " + table)).isEqualTo(1);
    }

    @Test
    void makesPartitionsAhead() {
        MeteringWorker worker = stage.worker("--partitions-ahead-days=3");
        Stage.awaitReady(worker);
        List<String> expected = new ArrayList<>();
        for (int offset = -1; offset <= 3; offset++) {
            expected.add(
                    "usage_logs_" + Stage.today().plusDays(offset).toString().replace("-", ""));
        }
        assertThat(stage.texts("SELECT relname FROM pg_class WHERE relname ~ '^usage_logs_[0-9]{8}$' ORDER BY relname"))
                .containsAll(expected);
    }

    @Test
    void keepsTheRowsOfAnAccountThatIsGone() throws Exception {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 10);
        stage.execute(account, lease);
        stage.close(account, lease);
        stage.jdbi().useHandle(handle -> handle.execute("DELETE FROM users WHERE id = ?", account));
        UUID neverThere = UUID.randomUUID();
        stage.send(
                neverThere,
                EventFixture.value(EventFixture.execution(neverThere, UUID.randomUUID(), Stage.now())
                        .setCharged(false)));
        MeteringWorker worker = stage.worker();
        stage.awaitMetered();

        assertThat(stage.number("SELECT count(*) FROM usage_logs")).isEqualTo(2);
        await().untilAsserted(
                        () -> assertThat(Stage.metrics(worker)).contains("wasmwiz_metering_rows_uncounted_total 2.0"));
    }

    @Test
    void opensTheCounterOfARowThatIsNotCharged() {
        UUID account = stage.account();
        LocalDate day = Stage.today().minusDays(3);
        stage.send(
                account,
                EventFixture.value(EventFixture.execution(
                                account, UUID.randomUUID(), day.atTime(1, 0).toInstant(ZoneOffset.UTC))
                        .setCharged(false)
                        .clearLeaseId()));
        stage.worker();
        stage.awaitMetered();

        assertThat(stage.counter(account, day)).isEqualTo(new Counter(0, 0, 1));
        assertThat(stage.texts("SELECT uncharged_cause FROM usage_logs")).containsExactly("not_chargeable");
    }

    @Test
    void finishesTheBatchInHandWhenItIsStopped() throws Exception {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 1_000);
        CountDownLatch writing = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        for (int i = 0; i < 100; i++) {
            stage.execute(account, lease);
        }
        stage.flush();
        MeteringWorker worker = stage.worker(new TransactionHook() {
            @Override
            public void beforeCommit(Handle handle) {
                writing.countDown();
                awaitUninterruptibly(go);
            }
        });
        assertThat(writing.await(60, TimeUnit.SECONDS)).isTrue();

        Thread stopping = new Thread(worker::close);
        stopping.start();
        await().until(() -> stopping.getState() == Thread.State.TIMED_WAITING);
        assertThat(stage.position()).isZero();
        go.countDown();
        stopping.join();
        worker.awaitTermination();

        assertThat(stage.position()).isEqualTo(100);
        assertThat(stage.counter(account)).isEqualTo(new Counter(1_000, 100, 100));
    }

    @Test
    void showsOperatorsWhatItDoes() throws Exception {
        UUID account = stage.account();
        UUID lease = stage.lease(account, 2);
        MeteringWorker worker = stage.worker();
        for (int i = 0; i < 3; i++) {
            stage.execute(account, lease);
        }
        stage.close(account, lease);
        stage.awaitMetered();
        Stage.awaitReady(worker);

        await().atMost(Stage.PATIENCE)
                .untilAsserted(() -> assertThat(Stage.metrics(worker))
                        .contains(
                                "wasmwiz_metering_executions_total{outcome=\"charged\"} 2.0",
                                "wasmwiz_metering_executions_total{outcome=\"late\"} 1.0",
                                "wasmwiz_metering_lease_closes_total{outcome=\"settled\"} 1.0",
                                "wasmwiz_metering_partitions_read " + PARTITIONS + ".0",
                                "wasmwiz_metering_partitions_stalled 0.0",
                                "wasmwiz_metering_lag{partition=\"0\"} 0.0",
                                "wasmwiz_dependency_up{dependency=\"kafka\"} 1.0")
                        .contains("wasmwiz_metering_write_seconds_count", "wasmwiz_metering_batch_records_sum 4.0")
                        .doesNotContain(account.toString()));
    }

    private List<UUID> publishMixture(int records) {
        List<UUID> accounts = new ArrayList<>();
        List<UUID> leases = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            accounts.add(stage.account());
            leases.add(stage.lease(accounts.get(i), records / 8));
        }
        publish(accounts, leases, records);
        for (int i = 0; i < accounts.size(); i += 2) {
            stage.close(accounts.get(i), leases.get(i));
        }
        publish(accounts, leases, records / 4);
        stage.flush();
        return accounts;
    }

    private void publish(List<UUID> accounts, List<UUID> leases, int records) {
        for (int i = 0; i < records; i++) {
            stage.execute(accounts.get(i % accounts.size()), leases.get(i % leases.size()));
        }
    }

    private void assertOnce(List<UUID> accounts, int records) {
        assertThat(stage.number("SELECT count(*) FROM usage_logs")).isEqualTo(records);
        assertThat(stage.number("SELECT count(DISTINCT (log_partition, log_offset)) FROM usage_logs"))
                .isEqualTo(records);
        assertThat(stage.number("SELECT count(*) FROM usage_logs WHERE NOT charged"))
                .isZero();
        for (UUID account : accounts) {
            assertThat(stage.counter(account).executions()).isEqualTo(records / accounts.size());
            assertThat(stage.counter(account).charged()).isEqualTo(records / accounts.size());
        }
        assertThat(stage.number("SELECT sum(charged) FROM quota_leases")).isEqualTo(records);
        assertThat(stage.number("SELECT count(*) FROM dead_events")).isZero();
    }

    private static void awaitReadPartitions(MeteringWorker worker) {
        await().atMost(Stage.PATIENCE)
                .untilAsserted(() -> assertThat(Stage.metrics(worker))
                        .contains("wasmwiz_metering_partitions_read " + PARTITIONS / 2 + ".0"));
    }

    private void recreateTopic() throws Exception {
        try (Admin admin = admin()) {
            admin.deleteTopics(List.of(topic)).all().get(30, TimeUnit.SECONDS);
            await().atMost(Stage.PATIENCE)
                    .until(() -> !admin.listTopics()
                            .names()
                            .get(30, TimeUnit.SECONDS)
                            .contains(topic));
            admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
    }

    private static Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", KAFKA.bootstrapServers()));
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.wasmwiz.executor;

import static io.wasmwiz.executor.BatchClient.item;
import static io.wasmwiz.executor.BatchClient.items;
import static io.wasmwiz.executor.BatchClient.opening;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.grpc.Errors;
import io.wasmwiz.executor.sandbox.Wat;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.BatchItem;
import io.wasmwiz.v1.BatchOpening;
import io.wasmwiz.v1.BatchResult;
import io.wasmwiz.v1.BatchSummary;
import io.wasmwiz.v1.ExecuteBatchRequest;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.ModuleRef;
import io.wasmwiz.v1.Receipt;
import io.wasmwiz.v1.TrapKind;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Batches through a real stub: real PostgreSQL, real Kafka, real Wasmtime in processes of their own. */
class ExecuteBatchIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    /** Repeats its input, up to 60,000 bytes; traps on an input that starts with ! and never ends on one with L. */
    private static final byte[] ECHO = Wat.command("""
            (i32.store (i32.const 0) (i32.const 64))
            (i32.store (i32.const 4) (i32.const 60000))
            (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (if (i32.eq (i32.load8_u (i32.const 64)) (i32.const 33)) (then unreachable))
            (if (i32.eq (i32.load8_u (i32.const 64)) (i32.const 76)) (then (loop $again (br $again))))
            (i32.store (i32.const 4) (i32.load (i32.const 8)))
            (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
            """);

    private static final String CHARGE = """
            INSERT INTO usage_logs (day, execution_id, user_id, module_digest, tier, tier_version, lease_id, batch_id,
                item_id, status, admitted_at, wall_time_us, cpu_time_us, queue_time_us, peak_memory_bytes, module_bytes,
                input_bytes, output_bytes, cache_hit, output_truncated, output_lost, charged, log_partition, log_offset)
            VALUES (:day, :execution, :account, decode(repeat('ab', 32), 'hex'), 'Bulk', 1, :lease, :batch,
                'one', 'completed', CAST(:day AS timestamp) AT TIME ZONE 'UTC', 1, 1, 1, 1, 1, 1, 1, true, false, false,
                true, 0, 0)
            """;

    private static TestDatabase database;
    private static ExecutionLogReader log;
    private static ExecutorFixture executor;
    private static ExecutorFixture impatient;

    @BeforeAll
    static void start() {
        database = POSTGRES.createDatabase();
        database.jdbi().useHandle(handle -> handle.execute("""
                INSERT INTO subscription_tiers
                    (name, executions_per_minute, executions_per_day, memory_mib, run_time_ms, max_concurrency) VALUES
                    ('Bulk', 100000, 100000, 64, 10000, 50), ('Seventy', 70, 70, 64, 10000, 20),
                    ('Other', 100000, 100000, 64, 10000, 50)
                """));
        String topic = KAFKA.newTopic(3);
        log = new ExecutionLogReader(KAFKA.bootstrapServers(), topic);
        executor = ExecutorFixture.start(database.url("wasmwiz_executor"), KAFKA.bootstrapServers(), topic);
        impatient = ExecutorFixture.start(
                database.url("wasmwiz_executor"),
                KAFKA.bootstrapServers(),
                topic,
                "--batch-idle-timeout=1s",
                "--batch-stall-timeout=1s");
        await().until(() -> executor.isReady() && impatient.isReady());
    }

    @AfterAll
    static void stop() {
        impatient.close();
        executor.close();
        log.close();
    }

    private Tenant bulk;

    @BeforeEach
    void createTenant() {
        bulk = Tenant.create(database, "Bulk");
    }

    @Test
    void answersEachItemOnceWithAReceiptThatEqualsItsEvent() {
        BatchClient batch = BatchClient.begin(executor, bulk.key()).open(opening(ECHO));
        for (int from = 0; from < 300; from += 60) {
            batch.send(items(from, from + 60));
        }
        BatchSummary summary = batch.halfClose().summary();

        assertThat(batch.opened().getInFlight()).isEqualTo(50);
        assertThat(batch.results()).hasSize(300).allSatisfy(result -> {
            assertThat(result.getResponse().getStdout().toStringUtf8()).isEqualTo(result.getItemId());
            assertThat(result.getResponse().getReceipt().getItemId()).isEqualTo(result.getItemId());
            assertThat(result.getResponse().getReceipt().getCharged()).isTrue();
        });
        assertThat(batch.results()).extracting(BatchResult::getItemId).doesNotHaveDuplicates();
        assertThat(batch.results())
                .extracting(result -> result.getResponse().getReceipt().getExecutionId())
                .doesNotHaveDuplicates();
        assertThat(summary.getItems()).isEqualTo(300);
        assertThat(summary.getCharged()).isEqualTo(300);
        assertThat(summary.getRanList()).singleElement().satisfies(count -> {
            assertThat(count.getStatus()).isEqualTo(ExecutionStatus.EXECUTION_STATUS_COMPLETED);
            assertThat(count.getItems()).isEqualTo(300);
        });
        assertThat(summary.getRefusedMap()).isEmpty();
        assertThat(summary.getQuotaRemaining()).isPositive();
        var receipt = batch.results().get(0).getResponse().getReceipt();
        ExecutionEvent event = log.awaitExecution(receipt.getExecutionId());
        ReceiptAndEvent.assertAgree(receipt, event);
        assertThat(event.getItemId()).isEqualTo(receipt.getItemId());
    }

    @Test
    void refusesABadItemAndGoesOn() {
        BatchItem tooLarge = BatchItem.newBuilder()
                .setItemId("large")
                .setInput(ByteString.copyFrom(new byte[1_048_577]))
                .build();
        BatchSummary summary;
        BatchClient batch = BatchClient.begin(executor, bulk.key()).open(opening(ECHO));
        batch.send(item("first", "1"), item("first", "2"), item("", "3"), item("i".repeat(129), "4"), tooLarge);
        batch.send(
                item("traps", "!"), item("nul", "5").toBuilder().addArgs("\0").build(), item("last", "6"));
        summary = batch.halfClose().summary();

        assertThat(batch.results().stream().filter(BatchResult::hasRefusal).map(ExecuteBatchIT::reason))
                .containsExactlyInAnyOrder(
                        "ITEM_ID_REPEATED", "ITEM_ID_INVALID", "ITEM_ID_INVALID", "INPUT_TOO_LARGE", "ARG_HAS_NUL");
        assertThat(batch.result("traps").getResponse().getReceipt().getTrap())
                .isEqualTo(TrapKind.TRAP_KIND_UNREACHABLE);
        assertThat(batch.result("last").getResponse().getStdout().toStringUtf8())
                .isEqualTo("6");
        assertThat(summary.getItems()).isEqualTo(8);
        assertThat(summary.getCharged()).isEqualTo(3);
        assertThat(summary.getRefusedMap())
                .containsOnly(
                        entry("ITEM_ID_REPEATED", 1L),
                        entry("ITEM_ID_INVALID", 2L),
                        entry("INPUT_TOO_LARGE", 1L),
                        entry("ARG_HAS_NUL", 1L));
    }

    @Test
    void keepsTheOrderOfItemsWhereItIsAskedTo() {
        BatchClient batch =
                BatchClient.begin(executor, bulk.key()).open(opening(ECHO).setOrdered(true));
        batch.send(items(0, 200)).halfClose().summary();

        assertThat(batch.results())
                .extracting(BatchResult::getItemId)
                .containsExactlyElementsOf(
                        IntStream.range(0, 200).mapToObj(Integer::toString).toList());
    }

    @Test
    void runsExactlyWhatTheDayAllowsAndTellsTheRestWhenItEnds() {
        Tenant seventy = Tenant.create(database, "Seventy");
        BatchClient batch = BatchClient.begin(executor, seventy.key()).open(opening(ECHO));
        BatchSummary summary = batch.send(items(0, 100)).halfClose().summary();

        assertThat(summary.getCharged()).isEqualTo(70);
        assertThat(batch.results()).hasSize(100);
        List<BatchResult> refused =
                batch.results().stream().filter(BatchResult::hasRefusal).toList();
        assertThat(refused).hasSize(30).allSatisfy(result -> {
            assertThat(result.getRefusal().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED.value());
            assertThat(reason(result)).isIn("DAILY_QUOTA_SPENT", "MINUTE_QUOTA_SPENT");
            assertThat(info(result).getMetadataMap()).containsKey("resets_at");
        });
    }

    @ParameterizedTest
    @CsvSource({
        "items, BATCH_NOT_OPENED", "half-close, BATCH_NOT_OPENED", "opening opening, BATCH_OPENED_TWICE",
        "opening empty, BATCH_MESSAGE_EMPTY", "opening many, TOO_MANY_ITEMS", "unknown, MODULE_NOT_FOUND",
        "input, BATCH_FIELD_NOT_SHARED"
    })
    void endsAStreamThatIsNoBatch(String messages, String reason) {
        BatchClient batch = BatchClient.begin(executor, bulk.key());
        for (String message : messages.split(" ")) {
            switch (message) {
                case "opening" -> batch.open(opening(ECHO));
                case "items" -> batch.send(items(0, 1));
                case "empty" -> batch.send(ExecuteBatchRequest.getDefaultInstance());
                case "many" -> batch.send(items(0, 1_025));
                case "unknown" ->
                    batch.open(BatchOpening.newBuilder()
                            .setShared(ExecuteRequest.newBuilder()
                                    .setModule(ModuleRef.newBuilder().setDigest("0".repeat(64)))));
                case "input" -> {
                    BatchOpening.Builder shared = opening(ECHO);
                    shared.getSharedBuilder().setInput(ByteString.copyFromUtf8("x"));
                    batch.open(shared);
                }
                default -> batch.halfClose();
            }
        }

        assertThat(Errors.reason(batch.error())).isEqualTo(reason);
        assertThat(batch.results()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "UPDATE api_keys SET revoked_at = now() WHERE id = :key, KEY_REVOKED, UNAUTHENTICATED",
        "UPDATE users SET status = 'suspended' WHERE id = :account, ACCOUNT_SUSPENDED, PERMISSION_DENIED",
        "UPDATE api_keys SET scopes = '{usage}' WHERE id = :key, SCOPE_MISSING, PERMISSION_DENIED"
    })
    void endsWhenItsCallerMayNotCallAnyMore(String change, String reason, Status.Code code) {
        Tenant tenant = Tenant.create(database, "Bulk");
        BatchClient batch = BatchClient.begin(executor, tenant.key()).open(opening(ECHO));
        batch.send(items(0, 1));
        await().until(() -> batch.results().size() == 1);
        change(change, tenant);
        int sent = 1;
        while (!batch.hasEnded()) {
            int next = sent++;
            batch.send(items(next, next + 1));
            await().until(() -> batch.hasEnded() || batch.results().size() > next);
        }

        StatusRuntimeException error = batch.error();
        assertThat(Errors.reason(error)).isEqualTo(reason);
        assertThat(error.getStatus().getCode()).isEqualTo(code);
        assertThat(batch.results()).allMatch(BatchResult::hasResponse);
    }

    @Test
    void runsOnTheTierThatItsAccountHasNow() {
        BatchClient batch = BatchClient.begin(executor, bulk.key()).open(opening(ECHO));
        change("UPDATE users SET tier = 'Other' WHERE id = :account", bulk);
        int sent = 0;
        while (batch.results().stream()
                .noneMatch(result -> result.getResponse().getReceipt().getTier().equals("Other"))) {
            int next = sent++;
            batch.send(items(next, next + 1));
            await().until(() -> batch.results().size() > next);
        }

        assertThat(batch.halfClose().summary().getCharged()).isEqualTo(sent);
    }

    @Test
    void stopsWhatRunsWhenItIsCancelledAndMetersIt() {
        BatchClient batch = BatchClient.begin(executor, bulk.key()).open(opening(ECHO));
        batch.send(item("endless", "L"), item("after", "1"));
        await().until(() -> batch.results().size() == 1);
        batch.cancel();

        ExecutionEvent event =
                log.awaitExecution(execution -> execution.getItemId().equals("endless")
                        && log.executions(bulk.accountId()).size() == 2);
        assertThat(event.getStatus()).isEqualTo(io.wasmwiz.events.v1.ExecutionStatus.EXECUTION_STATUS_CANCELLED);
        assertThat(event.getCharged()).isTrue();
        await().until(() -> executor.metric("wasmwiz_batches_items_in_flight") == 0);
    }

    @Test
    void endsABatchWhoseClientNeitherSendsNorHalfCloses() {
        BatchClient batch = BatchClient.begin(impatient, bulk.key()).open(opening(ECHO));
        batch.send(items(0, 1));

        StatusRuntimeException error = batch.error();
        assertThat(Errors.reason(error)).isEqualTo("BATCH_IDLE");
        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.ABORTED);
        assertThat(batch.results()).hasSize(1);
    }

    @Test
    void endsABatchWhoseClientDoesNotReadAndHoldsNothingForIt() {
        BatchClient batch = BatchClient.beginUnread(impatient, bulk.key()).open(opening(ECHO));
        String large = "x".repeat(60_000);
        for (int i = 0; i < 100; i++) {
            batch.send(item(Integer.toString(i), large));
        }
        await().until(() -> impatient.metric("wasmwiz_batches_open") == 1);
        await().until(() -> impatient.metric("wasmwiz_batches_open") == 0);
        await().until(() -> impatient.metric("wasmwiz_batches_items_in_flight") == 0);

        assertThat(impatient.metric("wasmwiz_batches_held_bytes")).isZero();
        batch.read(1_000);
        assertThat(Errors.reason(batch.error())).isEqualTo("BATCH_STALLED");
        assertThat(batch.results()).hasSizeLessThan(100);
    }

    @Test
    void chargesAnItemOnceHoweverOftenAndWhereverItIsSent() {
        BatchOpening.Builder opening =
                opening(ECHO).setBatchId(UUID.randomUUID().toString());
        List<BatchResult> runs = new ArrayList<>();
        for (ExecutorFixture replica : List.of(executor, impatient)) {
            runs.add(onlyResult(replica, opening));
        }
        Receipt receipt = runs.get(0).getResponse().getReceipt();
        UUID lease = UUID.randomUUID();
        LocalDate day = LocalDate.ofInstant(
                Instant.ofEpochSecond(receipt.getAdmittedAt().getSeconds()), ZoneOffset.UTC);
        database.ensurePartition(day);
        database.jdbi()
                .useHandle(handle -> handle.createUpdate(CHARGE)
                        .bind("day", day)
                        .bind("execution", UUID.fromString(receipt.getExecutionId()))
                        .bind("account", bulk.accountId())
                        .bind("batch", UUID.fromString(opening.getBatchId()))
                        .bind("lease", lease)
                        .execute());
        runs.add(onlyResult(impatient, opening));

        assertThat(runs)
                .extracting(result -> result.getResponse().getReceipt().getExecutionId())
                .containsOnly(receipt.getExecutionId());
        assertThat(receipt.getBatchId()).isEqualTo(opening.getBatchId());
        assertThat(runs)
                .extracting(result -> result.getResponse().getRepeated())
                .containsExactly(false, false, true);
        assertThat(runs.get(2).getResponse().getStdout().toStringUtf8()).isEqualTo("input");
        assertThat(runs.get(2).getResponse().getReceipt().getCharged()).isFalse();
        assertThat(runs.get(2).getResponse().getReceipt().getLeaseId()).isEqualTo(lease.toString());
        assertThat(reason(onlyResult(executor, opening))).isEqualTo("BATCH_RERUNS_SPENT");
    }

    @Test
    void refusesABatchIdThatIsNone() {
        BatchClient batch =
                BatchClient.begin(executor, bulk.key()).open(opening(ECHO).setBatchId("7"));

        assertThat(Errors.reason(batch.error())).isEqualTo("BATCH_ID_MALFORMED");
    }

    private BatchResult onlyResult(ExecutorFixture replica, BatchOpening.Builder opening) {
        BatchClient batch = BatchClient.begin(replica, bulk.key()).open(opening);
        batch.send(item("one", "input")).halfClose().summary();
        assertThat(batch.results()).hasSize(1);
        return batch.results().get(0);
    }

    private static void change(String sql, Tenant tenant) {
        database.jdbi()
                .useHandle(handle -> handle.createUpdate(sql)
                        .bindMap(java.util.Map.of("key", tenant.keyId(), "account", tenant.accountId()))
                        .execute());
    }

    private static String reason(BatchResult result) {
        return info(result).getReason();
    }

    private static ErrorInfo info(BatchResult result) {
        Any first = result.getRefusal().getDetails(0);
        try {
            return first.unpack(ErrorInfo.class);
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }
}

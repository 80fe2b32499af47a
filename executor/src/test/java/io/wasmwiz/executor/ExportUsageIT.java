package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.util.Timestamps;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.export.LedgerLog;
import io.wasmwiz.executor.grpc.Errors;
import io.wasmwiz.executor.usage.LedgerRows;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.ExportUsageRequest;
import io.wasmwiz.v1.ExportUsageResponse;
import io.wasmwiz.v1.ListExecutionsRequest;
import io.wasmwiz.v1.UsageRow;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code ExportUsage} over gRPC: a ledger as metering writes it, read by a whole executor with its own role. */
class ExportUsageIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final String[] SMALL_PAGES = {"--export-page-rows=7", "--export-follow-interval=20ms"};

    private static TestDatabase database;
    private static ExecutorFixture executor;

    @BeforeAll
    static void start() {
        database = POSTGRES.createDatabase();
        executor = ExecutorFixture.start(
                database.url("wasmwiz_executor"), KAFKA.bootstrapServers(), KAFKA.newTopic(1), SMALL_PAGES);
        await().until(executor::isReady);
    }

    @AfterAll
    static void stop() {
        executor.close();
    }

    private LedgerLog log;
    private Tenant tenant;
    private Tenant stranger;

    @BeforeEach
    void createTenants() {
        database.jdbi().useHandle(handle -> {
            handle.execute("TRUNCATE usage_logs, usage_log_extents, log_positions, usage_rollups, usage_day_rollups");
            handle.execute("UPDATE usage_retention SET floor = '1970-01-01'");
            handle.execute("UPDATE usage_watermark SET grant_floor = '2026-03-02T00:00:00Z',"
                    + " complete_before = '2026-03-02T00:00:00Z'");
        });
        log = new LedgerLog(database, new UUID(0, 1));
        tenant = Tenant.create(database, "Free");
        stranger = Tenant.create(database, "Pro");
    }

    @Test
    void sendsTheOwnExecutionsInTheOrderOfTheLogAndThenTheWatermark() {
        append(tenant, 0, 0, 20, NOON);
        append(stranger, 0, 20, 30, NOON);
        append(tenant, 0, 30, 35, NOON.plus(Duration.ofDays(1)));
        append(tenant, 3, 0, 9, NOON.minus(Duration.ofDays(40)));
        append(tenant, 0, 35, 40, NOON);

        List<ExportUsageResponse> messages = export(tenant, request(""));

        assertThat(rows(messages)).isEqualTo(expected(tenant, "true"));
        assertThat(rows(messages))
                .hasSize(39)
                .allSatisfy(row ->
                        assertThat(row.getApiKeyId()).isEqualTo(tenant.keyId().toString()));
        assertThat(messages.subList(0, messages.size() - 1)).noneMatch(ExportUsageResponse::hasCompleteBefore);
        assertThat(Timestamps.toString(messages.get(messages.size() - 1).getCompleteBefore()))
                .isEqualTo("2026-03-02T00:00:00Z");
        assertThat(export(tenant, request(messages.get(messages.size() - 1).getResumeToken())))
                .singleElement()
                .satisfies(end -> assertThat(end.getRowsCount()).isZero());
    }

    @Test
    void sendsEveryFieldAsTheGeneratedClassesWould() {
        for (io.wasmwiz.executor.execution.Receipt receipt : LedgerRows.oneOfEachKind(NOON)) {
            LedgerRows.insert(database, tenant.accountId(), receipt);
        }
        database.jdbi()
                .useHandle(handle -> handle.execute("UPDATE usage_logs SET log_offset = numbered.n"
                        + " FROM (SELECT execution_id AS id, row_number() OVER (ORDER BY admitted_at DESC, execution_id DESC) AS n"
                        + " FROM usage_logs) AS numbered WHERE execution_id = numbered.id"));
        database.jdbi()
                .useHandle(handle -> handle.execute("INSERT INTO usage_log_extents"
                        + " SELECT day, 1, 0, min(log_offset), max(log_offset) FROM usage_logs GROUP BY day"));
        log.position(0, 1_000);

        assertThat(rows(export(tenant, request(""))))
                .extracting(UsageRow::getReceipt)
                .isEqualTo(executor.usage(tenant.key())
                        .listExecutions(ListExecutionsRequest.getDefaultInstance())
                        .getExecutionsList());
    }

    @Test
    void resumesAfterEveryMessageWithoutGapOrRepeatWhileMeteringWrites() {
        Random random = new Random(5);
        CompletableFuture<Void> metering = CompletableFuture.runAsync(() -> {
            long[] next = new long[3];
            for (int batch = 0; batch < 60; batch++) {
                int partition = batch % 3;
                long to = next[partition] + 1 + batch % 13;
                append(
                        batch % 4 == 0 ? stranger : tenant,
                        partition,
                        next[partition],
                        to,
                        NOON.plus(Duration.ofHours(batch)));
                next[partition] = to;
            }
        });
        List<UsageRow> union = new ArrayList<>();
        String token = "";
        boolean wroteAll = false;
        while (!wroteAll) {
            wroteAll = metering.isDone();
            for (int cut = 0; cut < 5; cut++) {
                token = take(request(token), union, 1 + random.nextInt(3));
            }
        }
        metering.join();
        while (!token.isEmpty()) {
            List<ExportUsageResponse> rest = export(tenant, request(token));
            union.addAll(rows(rest));
            token = rows(rest).isEmpty() ? "" : rest.get(rest.size() - 1).getResumeToken();
        }

        assertThat(union).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(expected(tenant, "true"));
    }

    @Test
    void followsTheLedgerAndTheWatermark() {
        append(tenant, 0, 0, 10, NOON);
        List<ExportUsageResponse> received = new CopyOnWriteArrayList<>();
        try (Context.CancellableContext call = Context.current().withCancellation()) {
            call.run(() -> {
                Iterator<ExportUsageResponse> stream = executor.usage(tenant.key())
                        .exportUsage(request("").toBuilder().setFollow(true).build());
                readUntil(stream, received, message -> message.hasCompleteBefore());
                assertThat(rows(received)).hasSize(10);
                append(tenant, 0, 10, 15, NOON);
                readUntil(stream, received, message -> message.hasCompleteBefore());
                assertThat(rows(received)).hasSize(15);
                database.jdbi()
                        .useHandle(handle -> handle.execute("UPDATE usage_watermark SET"
                                + " grant_floor = '2026-03-03T00:00:00Z', complete_before = '2026-03-03T00:00:00Z'"));
                readUntil(stream, received, message -> message.hasCompleteBefore());
            });
        }
        ExportUsageResponse last = received.get(received.size() - 1);
        assertThat(Timestamps.toString(last.getCompleteBefore())).isEqualTo("2026-03-03T00:00:00Z");
        assertThat(last.getRowsCount()).isZero();
        assertThat(rows(received)).isEqualTo(expected(tenant, "true"));
    }

    @Test
    void sendsNothingBeyondTheStoredPosition() {
        append(tenant, 0, 0, 10, NOON);
        log.position(0, 6);
        List<ExportUsageResponse> first = export(tenant, request(""));
        assertThat(rows(first)).isEqualTo(expected(tenant, "log_offset < 6"));

        log.position(0, 10);
        assertThat(rows(export(tenant, request(first.get(first.size() - 1).getResumeToken()))))
                .isEqualTo(expected(tenant, "log_offset >= 6"));
    }

    @Test
    void goesOnWithATopicMadeAnew() {
        append(tenant, 0, 0, 10, NOON);
        List<ExportUsageResponse> first = export(tenant, request(""));
        new LedgerLog(database, new UUID(0, 2))
                .append(tenant.accountId(), tenant.keyId(), 0, 0, 5, NOON.plus(Duration.ofHours(1)));

        List<UsageRow> second =
                rows(export(tenant, request(first.get(first.size() - 1).getResumeToken())));

        assertThat(second).hasSize(5).doesNotContainAnyElementsOf(rows(first));
        assertThat(rows(export(tenant, request("")))).hasSize(15);
    }

    @Test
    void keepsToItsFilters() {
        append(tenant, 0, 0, 30, NOON);
        append(tenant, 1, 0, 30, NOON.plus(Duration.ofDays(1)));
        String digest = expected(tenant, "true").get(0).getReceipt().getModuleDigest();

        assertThat(rows(export(
                        tenant,
                        ExportUsageRequest.newBuilder()
                                .setAdmittedFrom(Timestamps.fromMillis(
                                        NOON.plus(Duration.ofHours(1)).toEpochMilli()))
                                .build())))
                .isEqualTo(expected(tenant, "log_partition = 1"));
        assertThat(rows(export(
                        tenant,
                        ExportUsageRequest.newBuilder()
                                .setAdmittedBefore(Timestamps.add(
                                        Timestamps.fromMillis(NOON.toEpochMilli()),
                                        com.google.protobuf.util.Durations.fromNanos(4_001)))
                                .build())))
                .isEqualTo(expected(tenant, "log_partition = 0 AND log_offset <= 4"));
        assertThat(rows(export(
                        tenant,
                        ExportUsageRequest.newBuilder()
                                .addStatuses(ExecutionStatus.EXECUTION_STATUS_FAILED)
                                .setModuleDigest(digest)
                                .setApiKeyId(tenant.keyId().toString())
                                .build())))
                .isEqualTo(expected(tenant, "status = 'failed' AND encode(module_digest, 'hex') = '" + digest + "'"))
                .isNotEmpty();
    }

    @Test
    void refusesTokensThatAreDamagedOrOfAnotherAccountOrOtherFilters() {
        append(tenant, 0, 0, 10, NOON);
        String token = export(tenant, request("")).get(0).getResumeToken();

        assertThat(refusal(tenant, request(token.substring(1)))).isEqualTo("RESUME_TOKEN_INVALID");
        assertThat(refusal(tenant, request("x".repeat(70_000)))).isEqualTo("RESUME_TOKEN_INVALID");
        assertThat(refusal(stranger, request(token))).isEqualTo("RESUME_TOKEN_INVALID");
        assertThat(refusal(
                        tenant,
                        request(token).toBuilder()
                                .addStatuses(ExecutionStatus.EXECUTION_STATUS_FAILED)
                                .build()))
                .isEqualTo("RESUME_TOKEN_INVALID");
        assertThat(refusal(
                        tenant,
                        ExportUsageRequest.newBuilder()
                                .setApiKeyId(stranger.keyId().toString())
                                .build()))
                .isEqualTo("API_KEY_UNKNOWN");
    }

    @Test
    void namesEveryFieldThatItCannotTake() {
        StatusRuntimeException error = Errors.of(() -> export(
                tenant,
                ExportUsageRequest.newBuilder()
                        .setAdmittedFrom(Timestamps.fromSeconds(2))
                        .setAdmittedBefore(Timestamps.fromSeconds(1))
                        .setApiKeyId("mine")
                        .setModuleDigest("AB")
                        .addStatusesValue(99)
                        .build()));
        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(Errors.violations(error))
                .containsExactly(
                        "admitted_before TIME_RANGE_INVALID",
                        "api_key_id API_KEY_ID_INVALID",
                        "module_digest MODULE_DIGEST_INVALID",
                        "statuses STATUSES_INVALID");
    }

    @Test
    void saysWhereToRestartWhenRetentionTookWhatATokenHadNotReached() {
        append(tenant, 0, 0, 20, NOON);
        append(tenant, 0, 20, 30, NOON.plus(Duration.ofDays(1)));
        List<ExportUsageResponse> all = export(tenant, request(""));
        database.jdbi().useHandle(handle -> {
            handle.execute("UPDATE usage_retention SET floor = '2026-03-02'");
            handle.execute("DELETE FROM usage_logs WHERE day < '2026-03-02'");
        });

        StatusRuntimeException error =
                Errors.of(() -> export(tenant, request(all.get(0).getResumeToken())));

        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(Errors.reason(error)).isEqualTo("USAGE_DROPPED");
        assertThat(Errors.info(error).getMetadataMap()).containsEntry("oldest_day", "2026-03-02");
        String restart = Errors.info(error).getMetadataOrThrow("restart_token");
        assertThat(rows(export(tenant, request(restart)))).isEqualTo(expected(tenant, "true"));
        assertThat(rows(export(tenant, request(all.get(all.size() - 1).getResumeToken()))))
                .isEmpty();
        assertThat(rows(export(tenant, request("")))).isEqualTo(expected(tenant, "true"));
    }

    @Test
    void endsTheStreamOfAKeyThatIsRevoked() {
        append(tenant, 0, 0, 3, NOON);
        List<ExportUsageResponse> received = new ArrayList<>();
        Iterator<ExportUsageResponse> stream = executor.usage(tenant.key())
                .exportUsage(request("").toBuilder().setFollow(true).build());
        readUntil(stream, received, ExportUsageResponse::hasCompleteBefore);

        database.jdbi()
                .useHandle(handle ->
                        handle.execute("UPDATE api_keys SET revoked_at = now() WHERE id = ?", tenant.keyId()));

        assertThat(Errors.reason(Errors.of(() -> readUntil(stream, received, message -> false))))
                .isEqualTo("KEY_REVOKED");
    }

    private void append(Tenant owner, int partition, long from, long to, Instant at) {
        log.append(owner.accountId(), owner.keyId(), partition, from, to, at);
    }

    private static ExportUsageRequest request(String token) {
        return ExportUsageRequest.newBuilder().setResumeToken(token).build();
    }

    private static List<ExportUsageResponse> export(Tenant who, ExportUsageRequest request) {
        List<ExportUsageResponse> messages = new ArrayList<>();
        executor.usage(who.key()).exportUsage(request).forEachRemaining(messages::add);
        return messages;
    }

    /** Takes some messages and hangs up; returns the last one's token. */
    private String take(ExportUsageRequest request, List<UsageRow> rows, int messages) {
        String token = request.getResumeToken();
        try (Context.CancellableContext call = Context.current().withCancellation()) {
            Context before = call.attach();
            try {
                Iterator<ExportUsageResponse> stream =
                        executor.usage(tenant.key()).exportUsage(request);
                for (int i = 0; i < messages && stream.hasNext(); i++) {
                    ExportUsageResponse message = stream.next();
                    rows.addAll(message.getRowsList());
                    token = message.getResumeToken();
                }
            } finally {
                call.detach(before);
            }
        }
        return token;
    }

    private static void readUntil(
            Iterator<ExportUsageResponse> stream,
            List<ExportUsageResponse> received,
            Predicate<ExportUsageResponse> last) {
        ExportUsageResponse message;
        do {
            message = stream.next();
            received.add(message);
        } while (!last.test(message));
    }

    private static List<UsageRow> rows(List<ExportUsageResponse> messages) {
        return messages.stream()
                .flatMap(message -> message.getRowsList().stream())
                .toList();
    }

    private static String refusal(Tenant who, ExportUsageRequest request) {
        return Errors.reason(Errors.of(() -> export(who, request)));
    }

    /** The account's rows in the order of the log, by way of other code: ids from SQL, the rest from ListExecutions. */
    private static List<UsageRow> expected(Tenant who, String condition) {
        var byId = executor
                .usage(who.key())
                .listExecutions(
                        ListExecutionsRequest.newBuilder().setPageSize(1_000).build())
                .getExecutionsList()
                .stream()
                .collect(java.util.stream.Collectors.toMap(receipt -> receipt.getExecutionId(), receipt -> receipt));
        return database.jdbi()
                .withHandle(handle -> handle
                        .createQuery("SELECT execution_id::text FROM usage_logs WHERE user_id = :account AND "
                                + condition + " ORDER BY log_generation, log_partition, log_offset")
                        .bind("account", who.accountId())
                        .mapTo(String.class)
                        .list()
                        .stream()
                        .map(id -> UsageRow.newBuilder()
                                .setReceipt(byId.get(id))
                                .setApiKeyId(who.keyId().toString())
                                .build())
                        .toList());
    }
}

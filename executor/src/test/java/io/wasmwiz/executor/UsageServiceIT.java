package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.util.Timestamps;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.execution.Receipt;
import io.wasmwiz.executor.grpc.Errors;
import io.wasmwiz.executor.usage.LedgerRows;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.ExplainDenialRequest;
import io.wasmwiz.v1.ExplainDenialResponse;
import io.wasmwiz.v1.GetQuotaRequest;
import io.wasmwiz.v1.GetQuotaResponse;
import io.wasmwiz.v1.ListExecutionsRequest;
import io.wasmwiz.v1.ListExecutionsResponse;
import io.wasmwiz.v1.WatchQuotaRequest;
import io.wasmwiz.v1.WatchQuotaResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code UsageService} over gRPC: rows as metering writes them, read by a whole executor with its own role. */
class UsageServiceIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00.123456Z");

    private static TestDatabase database;
    private static ExecutorFixture executor;

    @BeforeAll
    static void start() {
        database = POSTGRES.createDatabase();
        executor = ExecutorFixture.start(database.url("wasmwiz_executor"), KAFKA.bootstrapServers(), KAFKA.newTopic(1));
        await().until(executor::isReady);
    }

    @AfterAll
    static void stop() {
        executor.close();
    }

    private Tenant tenant;
    private Tenant stranger;

    @BeforeEach
    void createTenants() {
        tenant = Tenant.create(database, "Free");
        stranger = Tenant.create(database, "Pro");
    }

    @Test
    void listsTheOwnExecutionsPageByPageNewestFirst() {
        List<UUID> own = insertForNoons(tenant, 5);
        insertForNoons(stranger, 5);

        List<ListExecutionsResponse> pages = new ArrayList<>();
        String token = "";
        do {
            pages.add(list(tenant, 2, token));
            token = pages.get(pages.size() - 1).getNextPageToken();
        } while (!token.isEmpty() && pages.size() < 10);

        assertThat(pages).extracting(ListExecutionsResponse::getExecutionsCount).containsExactly(2, 2, 1);
        assertThat(pages.stream()
                        .flatMap(page -> page.getExecutionsList().stream())
                        .map(receipt -> UUID.fromString(receipt.getExecutionId())))
                .containsExactlyElementsOf(own);
    }

    @Test
    void endsWithAnEmptyTokenWhenTheLastPageIsFull() {
        List<UUID> own = insertForNoons(tenant, 3);

        assertThat(list(tenant, 3, "").getNextPageToken()).isEmpty();
        assertThat(list(tenant, 0, "").getExecutionsCount()).isEqualTo(own.size());
        assertThat(list(tenant, 0, "").getNextPageToken()).isEmpty();
        assertThat(list(stranger, 0, "")).isEqualTo(ListExecutionsResponse.getDefaultInstance());
    }

    @Test
    void givesBackTheReceipt() throws Exception {
        Receipt receipt = LedgerRows.completed(NOON);
        LedgerRows.insert(database, tenant.accountId(), receipt);

        assertThat(list(tenant, 1, "").getExecutionsList()).singleElement().satisfies(told -> {
            assertThat(told.getStatus()).isEqualTo(io.wasmwiz.v1.ExecutionStatus.EXECUTION_STATUS_COMPLETED);
            assertThat(told.hasExitCode()).isTrue();
            assertThat(told.getAdmittedAt()).isEqualTo(Timestamps.parse(NOON.toString()));
            assertThat(told.getModuleDigest()).isEqualTo(receipt.moduleDigest().toString());
            assertThat(told.getOutputBytes()).isEqualTo(receipt.outputBytes());
            assertThat(told.getCharged()).isTrue();
            assertThat(told.getLeaseId())
                    .isEqualTo(receipt.leaseId().orElseThrow().toString());
            assertThat(told.getItemId()).isEqualTo(receipt.itemId());
            assertThat(told.getQuotaRemaining()).isZero();
        });
    }

    @Test
    void refusesThePageTokenOfAnotherAccountOrAChangedOne() {
        insertForNoons(tenant, 2);
        insertForNoons(stranger, 2);
        String token = list(tenant, 1, "").getNextPageToken();
        assertThat(token).isNotEmpty();

        assertRefused("PAGE_TOKEN_INVALID", "page_token", stranger, 1, token);
        assertRefused("PAGE_TOKEN_INVALID", "page_token", tenant, 1, "A" + token);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1_001})
    void refusesPageSizesBeyondTheBounds(int size) {
        assertRefused("PAGE_SIZE_INVALID", "page_size", tenant, size, "");
    }

    @Test
    void tellsTheOwnDayAndNobodyElses() {
        setCounters(tenant, 40, 7, 9);
        setCounters(stranger, 300, 200, 250);

        GetQuotaResponse quota = executor.usage(tenant.key()).getQuota(GetQuotaRequest.getDefaultInstance());

        assertThat(quota.getTier()).isEqualTo("Free");
        assertThat(quota.getDay().getLimit()).isEqualTo(500);
        assertThat(quota.getDay().getHeld()).isEqualTo(40);
        assertThat(quota.getDay().getCharged()).isEqualTo(7);
        assertThat(quota.getDay().getExecutions()).isEqualTo(9);
        assertThat(quota.getDay().getAvailable()).isEqualTo(460);
    }

    private static ListExecutionsResponse list(Tenant caller, int size, String token) {
        return executor.usage(caller.key())
                .listExecutions(ListExecutionsRequest.newBuilder()
                        .setPageSize(size)
                        .setPageToken(token)
                        .build());
    }

    private static void assertRefused(String reason, String field, Tenant caller, int size, String token) {
        StatusRuntimeException error = Errors.of(() -> list(caller, size, token));

        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(Errors.reason(error)).isEqualTo(reason);
        assertThat(Errors.detail(error, BadRequest.class))
                .hasValueSatisfying(
                        bad -> assertThat(bad.getFieldViolations(0).getField()).isEqualTo(field));
    }

    @Test
    void tellsWatchersTheQuotaAtOnceAndWhenItChanges() {
        setCounters(tenant, 40, 7, 9);
        try (Context.CancellableContext watch = Context.current().withCancellation()) {
            watch.run(() -> {
                Iterator<WatchQuotaResponse> told = executor.usage(tenant.key())
                        .watchQuota(WatchQuotaRequest.newBuilder()
                                .setIntervalMs(200)
                                .build());
                assertThat(told.next().getQuota().getDay().getCharged()).isEqualTo(7);
                setCounters(stranger, 300, 200, 250);
                setCounters(tenant, 41, 8, 10);
                GetQuotaResponse changed;
                do {
                    // A minute that begins in between is a change, too.
                    changed = told.next().getQuota();
                    assertThat(changed.getDay().getCharged()).isBetween(7L, 8L);
                } while (changed.getDay().getCharged() == 7);
                assertThat(changed.getDay().getHeld()).isEqualTo(41);
                assertThat(changed.getTier()).isEqualTo("Free");
            });
        }
    }

    @Test
    void endsTheWatchOfAKeyThatIsRevoked() {
        Iterator<WatchQuotaResponse> told = executor.usage(tenant.key())
                .watchQuota(WatchQuotaRequest.newBuilder().setIntervalMs(200).build());
        told.next();
        database.jdbi()
                .useHandle(handle ->
                        handle.execute("UPDATE api_keys SET revoked_at = now() WHERE id = ?", tenant.keyId()));

        assertThat(Errors.reason(Errors.of(() -> told.forEachRemaining(figures -> {}))))
                .isEqualTo("KEY_REVOKED");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 199, 60_001, -1})
    void refusesToWatchTooOftenOrTooSeldom(int millis) {
        assertThat(Errors.reason(Errors.of(() -> executor.usage(tenant.key())
                        .watchQuota(WatchQuotaRequest.newBuilder()
                                .setIntervalMs(millis)
                                .build())
                        .next())))
                .isEqualTo("WATCH_INTERVAL_INVALID");
    }

    @Test
    void explainsARefusalToItsAccountAndToNoOther() {
        setCounters(tenant, 500, 490, 495);
        ErrorInfo refusal =
                Errors.info(Errors.of(() -> executor.execution(tenant.key()).execute(Programs.inline(Programs.HELLO))));
        assertThat(refusal.getReason()).isEqualTo("DAILY_QUOTA_SPENT");
        ExplainDenialRequest request = ExplainDenialRequest.newBuilder()
                .setDenialToken(refusal.getMetadataOrThrow("denial_token"))
                .build();
        setCounters(tenant, 0, 0, 0);

        ExplainDenialResponse denial = executor.usage(tenant.key()).explainDenial(request);

        assertThat(denial.getReason()).isEqualTo("DAILY_QUOTA_SPENT");
        assertThat(denial.getMethod()).isEqualTo("wasmwiz.v1.ExecutionService/Execute");
        assertThat(denial.getRule()).contains("charged in one UTC day");
        assertThat(denial.getFiguresMap())
                .containsEntry("limit", "500")
                .containsEntry("charged", "490")
                .containsEntry("held", "500")
                .doesNotContainKey("denial_token");
        assertThat(denial.getTier()).isEqualTo("Free");
        assertThat(denial.getTierVersion()).isEqualTo(1);
        assertThat(denial.getExecutionsPerDay()).isEqualTo(500);
        assertThat(Errors.reason(Errors.of(() -> executor.usage(stranger.key()).explainDenial(request))))
                .isEqualTo("DENIAL_TOKEN_INVALID");
        assertThat(Errors.reason(Errors.of(() -> executor.usage(tenant.key())
                        .explainDenial(request.toBuilder()
                                .setDenialToken(request.getDenialToken() + "A")
                                .build()))))
                .isEqualTo("DENIAL_TOKEN_INVALID");
    }

    /** Two of each day at the same instant, so that pages end between equals; newest first, as they must be listed. */
    private static List<UUID> insertForNoons(Tenant tenant, int count) {
        List<Receipt> receipts = IntStream.range(0, count)
                .mapToObj(i -> LedgerRows.completed(NOON.plusSeconds(86_400L * (i / 2))))
                .toList();
        receipts.forEach(receipt -> LedgerRows.insert(database, tenant.accountId(), receipt));
        // PostgreSQL orders ids by their bytes, as their text does.
        return receipts.stream()
                .sorted(Comparator.comparing(Receipt::admittedAt)
                        .thenComparing(receipt -> receipt.executionId().toString())
                        .reversed())
                .map(Receipt::executionId)
                .toList();
    }

    private static final String SET_COUNTERS = """
            UPDATE daily_tier_counters SET held = :held, charged = :charged, executions = :executions
            WHERE user_id = :account
            """;

    private static void setCounters(Tenant tenant, int held, int charged, int executions) {
        database.jdbi()
                .useHandle(handle -> handle.createUpdate(SET_COUNTERS)
                        .bind("held", held)
                        .bind("charged", charged)
                        .bind("executions", executions)
                        .bind("account", tenant.accountId())
                        .execute());
    }
}

package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.rpc.BadRequest;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RetryInfo;
import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.grpc.Errors;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.Preview1;
import io.wasmwiz.executor.sandbox.Wat;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.DeleteModuleRequest;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.File;
import io.wasmwiz.v1.GetModuleRequest;
import io.wasmwiz.v1.GetQuotaRequest;
import io.wasmwiz.v1.GetQuotaResponse;
import io.wasmwiz.v1.Invoke;
import io.wasmwiz.v1.Limits;
import io.wasmwiz.v1.ListModulesRequest;
import io.wasmwiz.v1.ListModulesResponse;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.QuotaWindow;
import io.wasmwiz.v1.Receipt;
import io.wasmwiz.v1.TrapKind;
import io.wasmwiz.v1.UploadModuleHeader;
import io.wasmwiz.v1.UploadModuleRequest;
import io.wasmwiz.v1.UploadModuleResponse;
import io.wasmwiz.v1.Value;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The whole executor over loopback: real PostgreSQL with the executor's role, real Kafka, real Wasmtime. */
class ExecutorServerIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private static TestDatabase database;
    private static ExecutionLogReader log;
    private static ExecutorFixture executor;

    @BeforeAll
    static void start() {
        database = POSTGRES.createDatabase();
        String topic = KAFKA.newTopic(3);
        log = new ExecutionLogReader(KAFKA.bootstrapServers(), topic);
        executor = ExecutorFixture.start(database.url("wasmwiz_executor"), KAFKA.bootstrapServers(), topic);
        await().until(executor::isReady);
    }

    @AfterAll
    static void stop() {
        executor.close();
        log.close();
    }

    private Tenant pro;

    @BeforeEach
    void createTenant() {
        pro = Tenant.create(database, "Pro");
    }

    @Test
    void letsAModuleReadTheRequestsFilesAndCountsThemAsInput() {
        // Opens data/in.txt, reads it and writes what it read.
        byte[] wasm = Wat.wasm("(module "
                + Stream.of("path_open", "fd_read", "fd_write")
                        .map(Preview1::imported)
                        .collect(Collectors.joining())
                + """
                (memory 1) (data (i32.const 0) "data/in.txt") (data (i32.const 32) "\\40\\00\\00\\00\\40\\00\\00\\00")
                (func (export "_start")
                  (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 11) (i32.const 0)
                        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16))
                    (then unreachable))
                  (if (call $fd_read (i32.load (i32.const 16)) (i32.const 32) (i32.const 1) (i32.const 36))
                    (then unreachable))
                  (if (call $fd_write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 20)) (then unreachable))))
                """);
        ExecuteRequest request = Programs.inline(wasm).toBuilder()
                .setInput(ByteString.copyFromUtf8("ab"))
                .addFiles(File.newBuilder().setPath("data/in.txt").setContent(ByteString.copyFromUtf8("from a file")))
                .build();

        ExecuteResponse response = executor.execution(pro.key()).execute(request);

        assertThat(response.getStdout().toStringUtf8()).isEqualTo("from a file");
        assertThat(response.getReceipt().getInputBytes()).isEqualTo(2 + 11 + 11);
        ReceiptAndEvent.assertAgree(
                response.getReceipt(), log.awaitExecution(response.getReceipt().getExecutionId()));
    }

    @Test
    void runsAModuleAndSaysInTheReceiptWhatTheEventSays() {
        ExecuteResponse response = executor.execution(pro.key()).execute(Programs.inline(Programs.HELLO));

        assertThat(response.getStdout().toStringUtf8()).isEqualTo("hello");
        assertThat(response.getMessage()).isEmpty();
        Receipt receipt = response.getReceipt();
        ExecutionEvent event = log.awaitExecution(receipt.getExecutionId());
        ReceiptAndEvent.assertAgree(receipt, event);
        assertThat(receipt.getStatus()).isEqualTo(ExecutionStatus.EXECUTION_STATUS_COMPLETED);
        assertThat(receipt.hasExitCode()).isTrue();
        assertThat(receipt.getExitCode()).isZero();
        assertThat(receipt.getModuleDigest())
                .isEqualTo(ModuleDigest.of(Programs.HELLO).toString());
        assertThat(receipt.getCacheHit()).isFalse();
        assertThat(event.getCacheHit()).isFalse();
        assertThat(receipt.getPeakMemoryBytes()).isEqualTo(65_536);
        assertThat(receipt.getModuleBytes()).isEqualTo(Programs.HELLO.length);
        assertThat(receipt.getInputBytes()).isZero();
        assertThat(receipt.getOutputBytes()).isEqualTo(5);
        assertThat(receipt.getOutputTruncated()).isFalse();
        assertThat(receipt.getOutputLost()).isFalse();
        assertThat(receipt.getCharged()).isTrue();
        assertThat(receipt.getTier()).isEqualTo("Pro");
        assertThat(ExecutionLogReader.uuid(event.getUserId())).isEqualTo(pro.accountId());
        assertThat(ExecutionLogReader.uuid(event.getApiKeyId())).isEqualTo(pro.keyId());
        assertThat(receipt.getQuotaRemaining()).isBetween(0L, 49_999L);
    }

    @Test
    void callsAFunctionOfALibraryAndKeepsTheBitsOfItsNumbers() {
        byte[] library = Wat.wasm("""
                (module (func (export "swap") (param f32 i64) (result i64 f32) (local.get 1) (local.get 0)))
                """);
        Value signalling =
                Value.newBuilder().setF32(Float.intBitsToFloat(0x7fa0_0001)).build();
        Value smallest = Value.newBuilder().setI64(Long.MIN_VALUE).build();
        Invoke invoke = Invoke.newBuilder()
                .setExport("swap")
                .addArgs(signalling)
                .addArgs(smallest)
                .build();

        ExecuteResponse fresh = executor.execution(pro.key())
                .execute(Programs.inline(library).toBuilder().setInvoke(invoke).build());
        ExecuteResponse kept = executor.execution(pro.key())
                .execute(
                        Programs.byDigest(library).toBuilder().setInvoke(invoke).build());

        assertThat(fresh.getResultsList()).isEqualTo(kept.getResultsList()).hasSize(2);
        assertThat(fresh.getResults(0)).isEqualTo(smallest);
        assertThat(Float.floatToRawIntBits(fresh.getResults(1).getF32())).isEqualTo(0x7fa0_0001);
        assertThat(fresh.getReceipt().getCharged()).isTrue();
    }

    @Test
    void saysInTheReceiptWhatTheEventSaysOfTruncatedOutput() {
        executor.execution(pro.key()).execute(Programs.inline(Programs.HELLO));

        ExecuteResponse response = executor.execution(pro.key())
                .execute(Programs.byDigest(Programs.HELLO).toBuilder()
                        .setInput(ByteString.copyFromUtf8("abc"))
                        .setLimits(Limits.newBuilder().setStdoutBytes(2))
                        .build());

        assertThat(response.getStdout().toStringUtf8()).isEqualTo("he");
        Receipt receipt = response.getReceipt();
        ReceiptAndEvent.assertAgree(receipt, log.awaitExecution(receipt.getExecutionId()));
        assertThat(receipt.getCacheHit()).isTrue();
        assertThat(receipt.getInputBytes()).isEqualTo(3);
        assertThat(receipt.getOutputBytes()).isEqualTo(2);
        assertThat(receipt.getOutputTruncated()).isTrue();
    }

    @Test
    void saysInTheReceiptWhatTheEventSaysOfATrap() {
        ExecuteResponse response = executor.execution(pro.key()).execute(Programs.inline(Wat.command("(unreachable)")));

        Receipt receipt = response.getReceipt();
        ReceiptAndEvent.assertAgree(receipt, log.awaitExecution(receipt.getExecutionId()));
        assertThat(receipt.getStatus()).isEqualTo(ExecutionStatus.EXECUTION_STATUS_TRAPPED);
        assertThat(receipt.getTrap()).isEqualTo(TrapKind.TRAP_KIND_UNREACHABLE);
        assertThat(receipt.hasExitCode()).isFalse();
    }

    @Test
    void tellsAGuestsFailureAsAResult() {
        ExecuteResponse response = executor.execution(pro.key()).execute(Programs.inline(Programs.exit(3)));

        assertThat(response.getReceipt().getStatus()).isEqualTo(ExecutionStatus.EXECUTION_STATUS_FAILED);
        assertThat(response.getReceipt().getExitCode()).isEqualTo(3);
        assertThat(response.getMessage()).startsWith("the module exited with code 3; ");
    }

    @Test
    void runsByDigestWhatWasBroughtAlong() {
        executor.execution(pro.key()).execute(Programs.inline(Programs.HELLO));

        ExecuteResponse response = executor.execution(pro.key()).execute(Programs.byDigest(Programs.HELLO));

        assertThat(response.getStdout().toStringUtf8()).isEqualTo("hello");
        assertThat(response.getReceipt().getCacheHit()).isTrue();
    }

    @Test
    void doesNotShowOneAccountTheModulesOfAnother() {
        executor.execution(pro.key()).execute(Programs.inline(Programs.HELLO));
        Tenant other = Tenant.create(database, "Free");

        StatusRuntimeException error =
                Errors.of(() -> executor.execution(other.key()).execute(Programs.byDigest(Programs.HELLO)));

        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(Errors.reason(error)).isEqualTo("MODULE_NOT_FOUND");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("io.wasmwiz.executor.BadRequests#rows")
    void namesWhatIsWrongWithARequest(String reason, String field, ExecuteRequest request) {
        StatusRuntimeException error =
                Errors.of(() -> executor.execution(pro.key()).execute(request));

        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(Errors.reason(error)).isEqualTo(reason);
        assertThat(error.getStatus().getDescription()).isNotBlank();
        if (!field.isEmpty()) {
            assertThat(Errors.detail(error, BadRequest.class))
                    .hasValueSatisfying(bad ->
                            assertThat(bad.getFieldViolations(0).getField()).isEqualTo(field));
        }
    }

    @Test
    void givesARepeatTheSameAnswerAndRefusesOtherContentUnderItsId() {
        ExecuteRequest request = Programs.inline(Programs.HELLO).toBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .build();

        ExecuteResponse first = executor.execution(pro.key()).execute(request);
        ExecuteResponse repeat = executor.execution(pro.key()).execute(request);
        StatusRuntimeException error = Errors.of(() -> executor.execution(pro.key())
                .execute(request.toBuilder().addArgs("other").build()));

        assertThat(first.getRepeated()).isFalse();
        assertThat(first.getReceipt().getRequestId()).isEqualTo(request.getRequestId());
        ReceiptAndEvent.assertAgree(
                first.getReceipt(), log.awaitExecution(first.getReceipt().getExecutionId()));
        assertThat(repeat).isEqualTo(first.toBuilder().setRepeated(true).build());
        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS);
        assertThat(Errors.reason(error)).isEqualTo("REQUEST_ID_REUSED");
    }

    @Test
    void letsGrpcRefuseAMessageBeyondModuleAndInputAndNamesTheLimit() {
        int limit = (10 << 20) + (1 << 20) + (64 << 10);
        ExecuteRequest large = Programs.inline(new byte[11 << 20]).toBuilder()
                .setInput(ByteString.copyFrom(new byte[1 << 20]))
                .build();

        StatusRuntimeException error =
                Errors.of(() -> executor.execution(pro.key()).execute(large));

        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(error.getStatus().getDescription())
                .isEqualTo("gRPC message exceeds maximum size %d: %d", limit, large.getSerializedSize());
        assertThat(Errors.details(error)).isEmpty();
        assertNothingHappened();
    }

    @Test
    void letsGrpcNameAMethodThatIsNotThere() {
        StatusRuntimeException error = Errors.of(() -> ClientCalls.blockingUnaryCall(
                executor.channel(),
                ExecutionServiceGrpc.getExecuteMethod().toBuilder()
                        .setFullMethodName("wasmwiz.v1.ExecutionService/Perform")
                        .build(),
                CallOptions.DEFAULT,
                Programs.inline(Programs.HELLO)));

        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(error.getStatus().getDescription())
                .isEqualTo("Method not found: wasmwiz.v1.ExecutionService/Perform");
        assertThat(Errors.details(error)).isEmpty();
    }

    static Stream<Arguments> badKeys() {
        return Stream.of(
                Arguments.of("KEY_MALFORMED", "UPDATE users SET status = status", "ww_nonsense"),
                Arguments.of("KEY_UNKNOWN", "DELETE FROM api_keys WHERE id = :key", ""),
                Arguments.of("KEY_REVOKED", "UPDATE api_keys SET revoked_at = now() WHERE id = :key", ""),
                Arguments.of(
                        "KEY_EXPIRED", "UPDATE api_keys SET expires_at = now() - interval '1 s' WHERE id = :key", ""),
                Arguments.of("ACCOUNT_SUSPENDED", "UPDATE users SET status = 'suspended' WHERE id = :account", ""),
                Arguments.of("SCOPE_MISSING", "UPDATE api_keys SET scopes = ARRAY['modules'] WHERE id = :key", ""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badKeys")
    void saysWhyAKeyMayNotCall(String reason, String change, String key) {
        database.jdbi().useHandle(handle -> {
            try (var update = handle.createUpdate(change)) {
                if (change.contains(":key")) {
                    update.bind("key", pro.keyId());
                }
                if (change.contains(":account")) {
                    update.bind("account", pro.accountId());
                }
                update.execute();
            }
        });

        StatusRuntimeException error = Errors.of(
                () -> executor.execution(key.isEmpty() ? pro.key() : key).execute(Programs.inline(Programs.HELLO)));

        assertThat(Errors.reason(error)).isEqualTo(reason);
        assertThat(error.getStatus().getCode())
                .isEqualTo(reason.startsWith("KEY_") ? Status.Code.UNAUTHENTICATED : Status.Code.PERMISSION_DENIED);
    }

    @Test
    void refusesACallWithoutAKey() {
        StatusRuntimeException error = Errors.of(() ->
                ExecutionServiceGrpc.newBlockingStub(executor.channel()).execute(Programs.inline(Programs.HELLO)));

        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
        assertThat(Errors.reason(error)).isEqualTo("KEY_MISSING");
    }

    @Test
    void tellsWhichQuotaIsSpent() {
        Tenant free = Tenant.create(database, "Free");
        List<String> reasons = Stream.generate(() -> {
                    try {
                        executor.execution(free.key()).execute(Programs.inline(Programs.HELLO));
                        return "";
                    } catch (StatusRuntimeException e) {
                        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
                        assertThat(Errors.detail(e, QuotaFailure.class)).isPresent();
                        assertThat(Errors.detail(e, RetryInfo.class)).isPresent();
                        return Errors.reason(e);
                    }
                })
                // Ten a minute, and the minute may end once meanwhile.
                .limit(21)
                .toList();

        assertThat(reasons).contains("", "MINUTE_QUOTA_SPENT");
    }

    @Test
    void stopsTheGuestOfACallThatIsCancelled() {
        Context.CancellableContext call = Context.current().withCancellation();
        CompletableFuture<ExecuteResponse> reply = CompletableFuture.supplyAsync(() ->
                callIn(call, () -> executor.execution(pro.key()).execute(Programs.inline(Programs.LOOP))));
        await().until(() -> executor.metric("wasmwiz_executions_in_flight") == 1
                && executor.metric("wasmwiz_admission_in_flight") == 1);

        call.cancel(null);

        assertThat(reply).failsWithin(10, TimeUnit.SECONDS);
        await().until(() -> executor.metric("wasmwiz_executions_in_flight") == 0);
        assertThat(executor.metric("wasmwiz_admission_in_flight")).isZero();
    }

    @Test
    void stopsAndRecordsTheGuestOfACallWhoseDeadlinePasses() {
        executor.execution(pro.key()).execute(Programs.inline(Programs.HELLO));

        StatusRuntimeException error = Errors.of(() -> executor.execution(pro.key())
                .withDeadlineAfter(1_500, TimeUnit.MILLISECONDS)
                .execute(Programs.inline(Programs.LOOP)));

        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        ExecutionEvent event = log.awaitExecution(
                each -> ExecutionLogReader.uuid(each.getUserId()).equals(pro.accountId())
                        && each.getStatusValue() == ExecutionStatus.EXECUTION_STATUS_CANCELLED_VALUE);
        assertThat(event.getCharged()).isTrue();
    }

    @Test
    void beginsNothingAfterTheDeadlineOfTheClient() {
        StatusRuntimeException error = Errors.of(() -> executor.execution(pro.key())
                .withDeadlineAfter(-1, TimeUnit.SECONDS)
                .execute(Programs.inline(Programs.LOOP)));

        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(error.getStatus().getDescription()).contains("deadline");
        assertThat(Errors.details(error)).isEmpty();
        assertNothingHappened();
    }

    @Test
    void beginsNothingWhenTheDeadlinePassedOnTheWay() {
        // The header alone: a client that kept the deadline itself would not send the call.
        StatusRuntimeException error =
                Errors.of(() -> ExecutorClient.withHeader(executor.execution(pro.key()), "grpc-timeout", "0n")
                        .execute(Programs.inline(Programs.LOOP)));

        // The server resets the stream; the client library of a caller with a deadline says DEADLINE_EXCEEDED.
        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.CANCELLED);
        assertNothingHappened();
    }

    /** No event, no unit held, no module kept, nothing in progress, whatever this tenant called. */
    private void assertNothingHappened() {
        assertThat(executor.metric("wasmwiz_executions_in_flight")).isZero();
        assertThat(executor.metric("wasmwiz_admission_in_flight")).isZero();
        assertThat(executor.modules(pro.key())
                        .listModules(ListModulesRequest.getDefaultInstance())
                        .getModulesList())
                .isEmpty();
        QuotaWindow day = executor.usage(pro.key())
                .getQuota(GetQuotaRequest.getDefaultInstance())
                .getDay();
        assertThat(day.getHeld()).isZero();
        // An account's events are in the order of its runs, so an earlier one would be there by now.
        ExecuteResponse next = executor.execution(pro.key()).execute(Programs.inline(Programs.HELLO));
        ExecutionEvent first = log.awaitExecution(
                event -> ExecutionLogReader.uuid(event.getUserId()).equals(pro.accountId()));
        assertThat(ExecutionLogReader.uuid(first.getExecutionId()))
                .hasToString(next.getReceipt().getExecutionId());
    }

    @Test
    void stopsAGuestAtItsRunTime() {
        ExecuteResponse response = executor.execution(pro.key())
                .execute(Programs.inline(Programs.LOOP).toBuilder()
                        .setLimits(Limits.newBuilder()
                                .setRunTime(Duration.newBuilder().setNanos(100_000_000)))
                        .build());

        assertThat(response.getReceipt().getStatus()).isEqualTo(ExecutionStatus.EXECUTION_STATUS_TIMED_OUT);
        assertThat(response.getMessage()).contains("100 ms");
    }

    @Test
    void keepsListsAndDeletesModules() {
        UploadModuleResponse uploaded = upload(pro, "first", Programs.HELLO, 7);
        upload(pro, "second", Programs.exit(1), 1_000);
        upload(pro, "third", Programs.exit(2), 1_000);
        UploadModuleResponse again = upload(pro, "renamed", Programs.HELLO, 50);

        assertThat(uploaded.getAlreadyExisted()).isFalse();
        assertThat(again.getAlreadyExisted()).isTrue();
        assertThat(again.getModule().getCreatedAt())
                .isEqualTo(uploaded.getModule().getCreatedAt());
        var modules = executor.modules(pro.key());
        String digest = uploaded.getModule().getDigest();
        assertThat(modules.getModule(
                                GetModuleRequest.newBuilder().setDigest(digest).build())
                        .getModule())
                .isEqualTo(again.getModule())
                .satisfies(module -> {
                    assertThat(module.getName()).isEqualTo("renamed");
                    assertThat(module.getSizeBytes()).isEqualTo(Programs.HELLO.length);
                    assertThat(module.getProfile().getMemoryMinimumBytes()).isEqualTo(65_536);
                    assertThat(module.getProfile().getMemoryMaximumBytes()).isEqualTo(262_144);
                });
        ListModulesResponse first = modules.listModules(
                ListModulesRequest.newBuilder().setPageSize(2).build());
        ListModulesResponse second = modules.listModules(ListModulesRequest.newBuilder()
                .setPageSize(2)
                .setPageToken(first.getNextPageToken())
                .build());
        assertThat(Stream.concat(first.getModulesList().stream(), second.getModulesList().stream())
                        .map(io.wasmwiz.v1.Module::getName))
                .containsExactly("third", "second", "renamed");
        assertThat(second.getNextPageToken()).isEmpty();

        modules.deleteModule(DeleteModuleRequest.newBuilder().setDigest(digest).build());

        assertThat(Errors.reason(Errors.of(() -> modules.deleteModule(
                        DeleteModuleRequest.newBuilder().setDigest(digest).build()))))
                .isEqualTo("MODULE_NOT_FOUND");
        assertThat(Errors.reason(
                        Errors.of(() -> executor.execution(pro.key()).execute(Programs.byDigest(Programs.HELLO)))))
                .isEqualTo("MODULE_NOT_FOUND");
    }

    @Test
    void refusesThePageTokenOfAnotherAccountAndBadPageSizes() {
        upload(pro, "a", Programs.HELLO, 1_000);
        upload(pro, "b", Programs.exit(1), 1_000);
        String token = executor.modules(pro.key())
                .listModules(ListModulesRequest.newBuilder().setPageSize(1).build())
                .getNextPageToken();
        Tenant other = Tenant.create(database, "Free");

        StatusRuntimeException stolen = Errors.of(() -> executor.modules(other.key())
                .listModules(ListModulesRequest.newBuilder().setPageToken(token).build()));
        StatusRuntimeException tooMany = Errors.of(() -> executor.modules(pro.key())
                .listModules(ListModulesRequest.newBuilder().setPageSize(1_001).build()));
        StatusRuntimeException malformed = Errors.of(() -> executor.modules(pro.key())
                .getModule(GetModuleRequest.newBuilder().setDigest("xyz").build()));

        assertThat(token).isNotEmpty();
        assertThat(Errors.reason(stolen)).isEqualTo("PAGE_TOKEN_INVALID");
        assertThat(Errors.reason(tooMany)).isEqualTo("PAGE_SIZE_INVALID");
        assertThat(Errors.reason(malformed)).isEqualTo("DIGEST_MALFORMED");
        assertThat(List.of(stolen, tooMany, malformed))
                .allSatisfy(error -> assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
    }

    @Test
    void showsTheAllowances() {
        executor.execution(pro.key()).execute(Programs.inline(Programs.HELLO));

        GetQuotaResponse quota = executor.usage(pro.key()).getQuota(GetQuotaRequest.getDefaultInstance());

        assertThat(quota.getTier()).isEqualTo("Pro");
        assertThat(quota.getExecutionsPerMinute()).isEqualTo(500);
        assertThat(quota.getMemoryBytes()).isEqualTo(536_870_912);
        assertThat(quota.getDay().getLimit()).isEqualTo(50_000);
        assertThat(quota.getDay().getHeld()).isPositive();
        assertThat(quota.getDay().getAvailable())
                .isEqualTo(50_000 - quota.getDay().getHeld());
        assertThat(quota.getDay().getResetsAt().getSeconds() % 86_400).isZero();
    }

    @Test
    void servesHealthByServiceAndWithoutAKey() {
        var health = HealthGrpc.newBlockingStub(executor.channel());

        for (String service :
                List.of("", "wasmwiz.v1.ExecutionService", "wasmwiz.v1.ModuleService", "wasmwiz.v1.UsageService")) {
            assertThat(health.check(HealthCheckRequest.newBuilder()
                                    .setService(service)
                                    .build())
                            .getStatus())
                    .isEqualTo(ServingStatus.SERVING);
        }
    }

    @Test
    void countsCallsByMethodAndCodeAndNamesNoAccount() {
        executor.execution(pro.key()).execute(Programs.inline(Programs.HELLO));

        String metrics = executor.admin("/metrics").body();

        assertThat(metrics)
                .contains("grpc_server_processing_duration_seconds_count")
                .contains("method=\"Execute\"")
                .contains("statusCode=\"OK\"")
                .contains("jvm_memory_used_bytes")
                .contains("wasmwiz_dependency_up{dependency=\"kafka\"} 1.0")
                .doesNotContain(pro.accountId().toString())
                .doesNotContain(pro.keyId().toString())
                .doesNotContain(pro.key());
    }

    @Test
    void doesNotServeReflectionUnlessAsked() {
        var reflection = io.grpc.reflection.v1.ServerReflectionGrpc.newStub(executor.channel());
        CompletableFuture<io.grpc.reflection.v1.ServerReflectionResponse> reply = new CompletableFuture<>();
        reflection.serverReflectionInfo(new Reply<>(reply));

        assertThat(reply)
                .failsWithin(5, TimeUnit.SECONDS)
                .withThrowableThat()
                .havingCause()
                .satisfies(error ->
                        assertThat(Status.fromThrowable(error).getCode()).isEqualTo(Status.Code.UNIMPLEMENTED));
    }

    private static ExecuteResponse callIn(Context context, java.util.concurrent.Callable<ExecuteResponse> call) {
        try {
            return context.call(call);
        } catch (Exception e) {
            throw new CompletionException(e);
        }
    }

    private static UploadModuleResponse upload(Tenant tenant, String name, byte[] module, int chunkBytes) {
        CompletableFuture<UploadModuleResponse> reply = new CompletableFuture<>();
        StreamObserver<UploadModuleRequest> parts = ExecutorClient.with(
                        ModuleServiceGrpc.newStub(executor.channel()), tenant.key())
                .uploadModule(new Reply<>(reply));
        parts.onNext(UploadModuleRequest.newBuilder()
                .setHeader(UploadModuleHeader.newBuilder()
                        .setName(name)
                        .setDigest(ModuleDigest.of(module).toString()))
                .build());
        for (int from = 0; from < module.length; from += chunkBytes) {
            byte[] chunk = Arrays.copyOfRange(module, from, Math.min(module.length, from + chunkBytes));
            parts.onNext(UploadModuleRequest.newBuilder()
                    .setChunk(ByteString.copyFrom(chunk))
                    .build());
        }
        parts.onCompleted();
        return reply.orTimeout(20, TimeUnit.SECONDS).join();
    }
}

package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.FieldMask;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.claims.PostgresBatchClaims;
import io.wasmwiz.executor.grpc.Errors;
import io.wasmwiz.executor.usage.LedgerRows;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.AdminServiceGrpc;
import io.wasmwiz.v1.BatchOpening;
import io.wasmwiz.v1.CreateApiKeyRequest;
import io.wasmwiz.v1.DeleteModuleRequest;
import io.wasmwiz.v1.ExecuteBatchRequest;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ExplainDenialRequest;
import io.wasmwiz.v1.ExportUsageRequest;
import io.wasmwiz.v1.GetApiKeyRequest;
import io.wasmwiz.v1.GetBatchRequest;
import io.wasmwiz.v1.GetModuleRequest;
import io.wasmwiz.v1.GetQuotaRequest;
import io.wasmwiz.v1.GetUserRequest;
import io.wasmwiz.v1.ListApiKeysRequest;
import io.wasmwiz.v1.ListExecutionsRequest;
import io.wasmwiz.v1.ListModulesRequest;
import io.wasmwiz.v1.ListTiersRequest;
import io.wasmwiz.v1.ModuleRef;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.QueryUsageRequest;
import io.wasmwiz.v1.RevokeApiKeyRequest;
import io.wasmwiz.v1.RotateApiKeyRequest;
import io.wasmwiz.v1.UpdateApiKeyRequest;
import io.wasmwiz.v1.UploadModuleHeader;
import io.wasmwiz.v1.UploadModuleRequest;
import io.wasmwiz.v1.UploadModuleResponse;
import io.wasmwiz.v1.UsageGroup;
import io.wasmwiz.v1.UsagePeriod;
import io.wasmwiz.v1.UsageServiceGrpc;
import io.wasmwiz.v1.WatchQuotaRequest;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Calls every method of the API with what belongs to another account: its ids, its digests and its page tokens. A method
 * that is not in the table fails the test.
 */
class OtherAccountsIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private static final String ALL_BUT_ADMIN = "{execute,modules,usage,account}";

    private static ExecutorFixture executor;
    private static Tenant victim;
    private static Tenant intruder;
    private static String digest;
    private static String batch;
    private static String modulesToken;
    private static String executionsToken;
    private static String resumeToken;
    private static String denialToken;
    private static String keysToken;
    private static String tiersToken;

    @BeforeAll
    static void start() throws Exception {
        TestDatabase database = POSTGRES.createDatabase();
        executor = ExecutorFixture.startWithAdmin(database, KAFKA.bootstrapServers(), KAFKA.newTopic(1));
        victim = Tenant.withScopes(database, "Pro", ALL_BUT_ADMIN);
        intruder = Tenant.withScopes(database, "Free", ALL_BUT_ADMIN);
        await().until(executor::isReady);

        digest = upload(victim, Programs.HELLO, "victims");
        upload(victim, Programs.withMemory(2), "victims too");
        batch = UUID.randomUUID().toString();
        new PostgresBatchClaims(database.jdbi("wasmwiz_executor")).claim(victim.accountId(), UUID.fromString(batch));
        modulesToken = executor.modules(victim.key())
                .listModules(ListModulesRequest.newBuilder().setPageSize(1).build())
                .getNextPageToken();
        for (int i = 0; i < 2; i++) {
            LedgerRows.insert(
                    database, victim.accountId(), LedgerRows.completed(Instant.parse("2026-03-01T12:00:00Z")));
        }
        executionsToken = executor.usage(victim.key())
                .listExecutions(
                        ListExecutionsRequest.newBuilder().setPageSize(1).build())
                .getNextPageToken();
        resumeToken = executor.usage(victim.key())
                .exportUsage(ExportUsageRequest.getDefaultInstance())
                .next()
                .getResumeToken();
        database.jdbi()
                .useHandle(handle -> handle.execute(
                        "UPDATE daily_tier_counters SET held = 100000 WHERE user_id = ?", victim.accountId()));
        denialToken = Errors.info(
                        Errors.of(() -> executor.execution(victim.key()).execute(Programs.inline(Programs.HELLO))))
                .getMetadataOrThrow("denial_token");
        executor.administration(victim.key()).createApiKey(CreateApiKeyRequest.getDefaultInstance());
        keysToken = executor.administration(victim.key())
                .listApiKeys(ListApiKeysRequest.newBuilder().setPageSize(1).build())
                .getNextPageToken();
        tiersToken = executor.administration(victim.key())
                .listTiers(ListTiersRequest.newBuilder().setPageSize(1).build())
                .getNextPageToken();
        assertThat(List.of(modulesToken, executionsToken, resumeToken, keysToken, tiersToken))
                .doesNotContain("");
    }

    @AfterAll
    static void stop() {
        executor.close();
    }

    /**
     * A call of the intruder.
     *
     * @param reason it must be refused for; empty: it is answered, and nothing of the victim's is in the answer
     */
    private record Attempt(Message request, String reason) {}

    private static Map<MethodDescriptor<?, ?>, List<Attempt>> attempts() {
        String account = victim.accountId().toString();
        String key = victim.keyId().toString();
        Map<MethodDescriptor<?, ?>, List<Attempt>> table = new LinkedHashMap<>();
        table.put(
                ExecutionServiceGrpc.getExecuteMethod(),
                List.of(new Attempt(
                        ExecuteRequest.newBuilder()
                                .setModule(ModuleRef.newBuilder().setDigest(digest))
                                .build(),
                        "MODULE_NOT_FOUND")));
        table.put(
                ExecutionServiceGrpc.getExecuteBatchMethod(),
                List.of(new Attempt(
                        ExecuteBatchRequest.newBuilder()
                                .setOpening(BatchOpening.newBuilder()
                                        .setShared(ExecuteRequest.newBuilder()
                                                .setModule(
                                                        ModuleRef.newBuilder().setDigest(digest))))
                                .build(),
                        "MODULE_NOT_FOUND")));
        table.put(
                ModuleServiceGrpc.getGetModuleMethod(),
                List.of(new Attempt(
                        GetModuleRequest.newBuilder().setDigest(digest).build(), "MODULE_NOT_FOUND")));
        table.put(
                ModuleServiceGrpc.getDeleteModuleMethod(),
                List.of(new Attempt(
                        DeleteModuleRequest.newBuilder().setDigest(digest).build(), "MODULE_NOT_FOUND")));
        table.put(
                ModuleServiceGrpc.getListModulesMethod(),
                List.of(
                        new Attempt(
                                ListModulesRequest.newBuilder()
                                        .setPageToken(modulesToken)
                                        .build(),
                                "PAGE_TOKEN_INVALID"),
                        new Attempt(ListModulesRequest.getDefaultInstance(), "")));
        table.put(
                UsageServiceGrpc.getGetBatchMethod(),
                List.of(new Attempt(
                        GetBatchRequest.newBuilder().setBatchId(batch).build(), "BATCH_NOT_FOUND")));
        table.put(UsageServiceGrpc.getGetQuotaMethod(), List.of(new Attempt(GetQuotaRequest.getDefaultInstance(), "")));
        table.put(
                UsageServiceGrpc.getListExecutionsMethod(),
                List.of(
                        new Attempt(
                                ListExecutionsRequest.newBuilder()
                                        .setPageToken(executionsToken)
                                        .build(),
                                "PAGE_TOKEN_INVALID"),
                        new Attempt(ListExecutionsRequest.getDefaultInstance(), "")));
        table.put(
                UsageServiceGrpc.getExportUsageMethod(),
                List.of(
                        new Attempt(
                                ExportUsageRequest.newBuilder()
                                        .setResumeToken(resumeToken)
                                        .build(),
                                "RESUME_TOKEN_INVALID"),
                        new Attempt(
                                ExportUsageRequest.newBuilder().setApiKeyId(key).build(), "API_KEY_UNKNOWN"),
                        new Attempt(ExportUsageRequest.getDefaultInstance(), "")));
        table.put(
                UsageServiceGrpc.getQueryUsageMethod(),
                List.of(new Attempt(
                        QueryUsageRequest.newBuilder()
                                .setFrom(Timestamp.newBuilder().setSeconds(0))
                                .setBefore(Timestamp.newBuilder().setSeconds(3_600))
                                .setPeriod(UsagePeriod.USAGE_PERIOD_HOUR)
                                .addGroupBy(UsageGroup.USAGE_GROUP_API_KEY)
                                .build(),
                        "")));
        table.put(
                UsageServiceGrpc.getWatchQuotaMethod(),
                List.of(new Attempt(WatchQuotaRequest.getDefaultInstance(), "")));
        table.put(
                UsageServiceGrpc.getExplainDenialMethod(),
                List.of(new Attempt(
                        ExplainDenialRequest.newBuilder()
                                .setDenialToken(denialToken)
                                .build(),
                        "DENIAL_TOKEN_INVALID")));
        table.put(
                AdminServiceGrpc.getGetUserMethod(),
                List.of(
                        new Attempt(
                                GetUserRequest.newBuilder().setUserId(account).build(), "USER_NOT_FOUND"),
                        new Attempt(
                                GetUserRequest.newBuilder().setName("developer").build(), "USER_NOT_FOUND"),
                        new Attempt(GetUserRequest.getDefaultInstance(), "")));
        table.put(
                AdminServiceGrpc.getCreateApiKeyMethod(),
                List.of(new Attempt(
                        CreateApiKeyRequest.newBuilder().setUserId(account).build(), "USER_NOT_FOUND")));
        table.put(
                AdminServiceGrpc.getGetApiKeyMethod(),
                List.of(new Attempt(GetApiKeyRequest.newBuilder().setKeyId(key).build(), "KEY_NOT_FOUND")));
        table.put(
                AdminServiceGrpc.getListApiKeysMethod(),
                List.of(
                        new Attempt(
                                ListApiKeysRequest.newBuilder()
                                        .setUserId(account)
                                        .build(),
                                "USER_NOT_FOUND"),
                        new Attempt(
                                ListApiKeysRequest.newBuilder()
                                        .setPageToken(keysToken)
                                        .build(),
                                "PAGE_TOKEN_INVALID"),
                        new Attempt(ListApiKeysRequest.getDefaultInstance(), "")));
        table.put(
                AdminServiceGrpc.getUpdateApiKeyMethod(),
                List.of(new Attempt(
                        UpdateApiKeyRequest.newBuilder()
                                .setKeyId(key)
                                .setUpdateMask(FieldMask.newBuilder().addPaths("name"))
                                .setName("mine")
                                .setEtag("any")
                                .build(),
                        "KEY_NOT_FOUND")));
        table.put(
                AdminServiceGrpc.getRotateApiKeyMethod(),
                List.of(new Attempt(
                        RotateApiKeyRequest.newBuilder().setKeyId(key).build(), "KEY_NOT_FOUND")));
        table.put(
                AdminServiceGrpc.getRevokeApiKeyMethod(),
                List.of(new Attempt(
                        RevokeApiKeyRequest.newBuilder().setKeyId(key).build(), "KEY_NOT_FOUND")));
        table.put(
                AdminServiceGrpc.getListTiersMethod(),
                List.of(new Attempt(
                        ListTiersRequest.newBuilder().setPageToken(tiersToken).build(), "PAGE_TOKEN_INVALID")));
        for (MethodDescriptor<?, ?> operators : List.of(
                AdminServiceGrpc.getCreateUserMethod(),
                AdminServiceGrpc.getListUsersMethod(),
                AdminServiceGrpc.getUpdateUserTierMethod(),
                AdminServiceGrpc.getSuspendUserMethod(),
                AdminServiceGrpc.getResumeUserMethod(),
                AdminServiceGrpc.getCreateTierMethod(),
                AdminServiceGrpc.getUpdateTierMethod(),
                AdminServiceGrpc.getListAuditEventsMethod(),
                AdminServiceGrpc.getVerifyAuditMethod())) {
            table.put(operators, List.of(new Attempt(naming(operators, account), "SCOPE_MISSING")));
        }
        return table;
    }

    /** The method's request, naming the victim where it can name an account. */
    private static Message naming(MethodDescriptor<?, ?> method, String account) {
        Message request = (Message)
                ((MethodDescriptor.PrototypeMarshaller<?>) method.getRequestMarshaller()).getMessagePrototype();
        var field = request.getDescriptorForType().findFieldByName("user_id");
        return field == null
                ? request
                : request.toBuilder().setField(field, account).build();
    }

    @TestFactory
    List<DynamicTest> reachesNothingOfAnotherAccount() {
        Map<MethodDescriptor<?, ?>, List<Attempt>> table = attempts();
        return ApiMethods.all().stream()
                .map(method -> DynamicTest.dynamicTest(method.getFullMethodName(), () -> {
                    if (method.getType() == MethodDescriptor.MethodType.CLIENT_STREAMING) {
                        assertUploadTellsNothing();
                        return;
                    }
                    List<Attempt> attempts = table.getOrDefault(method, List.of());
                    assertThat(attempts).as("attempts").isNotEmpty();
                    for (Attempt attempt : attempts) {
                        assertHarmless(method, attempt);
                    }
                }))
                .toList();
    }

    /** What is another's is answered as what does not exist, to the letter. */
    @TestFactory
    List<DynamicTest> tellsAForeignIdFromAnAbsentOneByNothing() {
        String absent = UUID.randomUUID().toString();
        String account = victim.accountId().toString();
        String key = victim.keyId().toString();
        return attempts().entrySet().stream()
                .filter(entry -> entry.getValue().get(0).reason().matches("(USER|KEY)_NOT_FOUND"))
                .map(entry -> DynamicTest.dynamicTest(entry.getKey().getFullMethodName(), () -> {
                    Message foreign = entry.getValue().get(0).request();
                    Message.Builder other = foreign.toBuilder();
                    foreign.getAllFields().forEach((field, value) -> {
                        if (value.equals(account) || value.equals(key)) {
                            other.setField(field, absent);
                        }
                    });
                    assertThat(answer(entry.getKey(), foreign)
                                    .replace(account, "ID")
                                    .replace(key, "ID"))
                            .isEqualTo(answer(entry.getKey(), other.build()).replace(absent, "ID"));
                }))
                .toList();
    }

    private static String answer(MethodDescriptor<?, ?> method, Message request) {
        StatusRuntimeException error = Errors.of(() -> call(method, request));
        return error.getStatus() + " " + Errors.info(error);
    }

    private static void assertHarmless(MethodDescriptor<?, ?> method, Attempt attempt) {
        if (attempt.reason().isEmpty()) {
            assertThat(call(method, attempt.request()).toString())
                    .doesNotContain(
                            victim.accountId().toString(), victim.keyId().toString(), digest);
            return;
        }
        StatusRuntimeException error = Errors.of(() -> call(method, attempt.request()));
        assertThat(Errors.reason(error)).isEqualTo(attempt.reason());
        assertThat(error.getStatus().getCode())
                .isIn(Status.Code.NOT_FOUND, Status.Code.INVALID_ARGUMENT, Status.Code.PERMISSION_DENIED);
    }

    /** The victim's module, uploaded by another, is new to that one, and their own from then on. */
    private static void assertUploadTellsNothing() throws Exception {
        Tenant another = intruder;
        byte[] bytes = Programs.withMemory(2);
        UploadModuleResponse uploaded = uploaded(another, bytes, "mine");
        assertThat(uploaded.getAlreadyExisted()).isFalse();
        assertThat(uploaded.getModule().getName()).isEqualTo("mine");
        executor.modules(another.key())
                .deleteModule(DeleteModuleRequest.newBuilder()
                        .setDigest(uploaded.getModule().getDigest())
                        .build());
        assertThat(executor.modules(victim.key())
                        .getModule(GetModuleRequest.newBuilder()
                                .setDigest(uploaded.getModule().getDigest())
                                .build())
                        .getModule()
                        .getName())
                .isEqualTo("victims too");
    }

    /** The answer; of a stream the first message. */
    @SuppressWarnings("unchecked")
    private static Message call(MethodDescriptor<?, ?> method, Message request) {
        if (method.getType() == MethodDescriptor.MethodType.SERVER_STREAMING) {
            try (Context.CancellableContext stream = Context.current().withCancellation()) {
                Context before = stream.attach();
                try {
                    return ClientCalls.blockingServerStreamingCall(
                                    as(intruder),
                                    (MethodDescriptor<Message, Message>) method,
                                    CallOptions.DEFAULT,
                                    request)
                            .next();
                } finally {
                    stream.detach(before);
                }
            }
        }
        return ClientCalls.blockingUnaryCall(
                as(intruder), (MethodDescriptor<Message, Message>) method, CallOptions.DEFAULT, request);
    }

    private static Channel as(Tenant caller) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + caller.key());
        return ClientInterceptors.intercept(executor.channel(), MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private static String upload(Tenant tenant, byte[] module, String name) throws Exception {
        return uploaded(tenant, module, name).getModule().getDigest();
    }

    private static UploadModuleResponse uploaded(Tenant tenant, byte[] module, String name) throws Exception {
        CompletableFuture<UploadModuleResponse> reply = new CompletableFuture<>();
        var upload = ModuleServiceGrpc.newStub(as(tenant)).uploadModule(new Reply<>(reply));
        upload.onNext(UploadModuleRequest.newBuilder()
                .setHeader(UploadModuleHeader.newBuilder().setName(name))
                .build());
        upload.onNext(UploadModuleRequest.newBuilder()
                .setChunk(ByteString.copyFrom(module))
                .build());
        upload.onCompleted();
        return reply.get(30, java.util.concurrent.TimeUnit.SECONDS);
    }
}

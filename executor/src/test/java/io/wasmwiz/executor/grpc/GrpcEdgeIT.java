package io.wasmwiz.executor.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.protobuf.ByteString;
import com.google.rpc.RetryInfo;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.Programs;
import io.wasmwiz.executor.Reply;
import io.wasmwiz.executor.admission.CountingAdmission;
import io.wasmwiz.executor.admission.QuotaFigures;
import io.wasmwiz.executor.admission.RateLimits;
import io.wasmwiz.executor.auth.Authentication;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.executor.batch.BatchConfig;
import io.wasmwiz.executor.batch.Batches;
import io.wasmwiz.executor.claims.BatchedClaims;
import io.wasmwiz.executor.claims.InMemoryRequestClaims;
import io.wasmwiz.executor.claims.PostgresBatchClaims;
import io.wasmwiz.executor.events.ScriptedExecutionEvents;
import io.wasmwiz.executor.execution.Crashes;
import io.wasmwiz.executor.execution.ExecutionPipeline;
import io.wasmwiz.executor.execution.InFlight;
import io.wasmwiz.executor.execution.Repeats;
import io.wasmwiz.executor.execution.RequestRules;
import io.wasmwiz.executor.execution.Requests;
import io.wasmwiz.executor.export.TokenKeys;
import io.wasmwiz.executor.modules.InMemoryModuleStore;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.modules.ModuleInspection;
import io.wasmwiz.executor.modules.ModuleInspector;
import io.wasmwiz.executor.modules.ModuleLibrary;
import io.wasmwiz.executor.modules.ModulesConfig;
import io.wasmwiz.executor.modules.SampleFindings;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.ScriptedSandbox;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import io.wasmwiz.executor.work.FairPool;
import io.wasmwiz.executor.work.WorkPool;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.health.HealthMonitor;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ListModulesRequest;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.Receipt;
import io.wasmwiz.v1.UploadModuleHeader;
import io.wasmwiz.v1.UploadModuleRequest;
import io.wasmwiz.v1.UploadModuleResponse;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The edge over loopback with a middle of fakes: what is hard to bring about with a real one. */
class GrpcEdgeIT {
    private static final byte[] MODULE = {0, 'a', 's', 'm', 1, 0, 0, 0};
    private static final Authentication GRANTED = new Authentication.Granted(Requests.caller());

    private static final RateLimits LIMITS = new RateLimits(
            new RateLimits.Window(10, Optional.of(new RateLimits.Left(7, Duration.ofMillis(30_001)))),
            new RateLimits.Window(500, Optional.of(new RateLimits.Left(450, Duration.ofHours(2)))));

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final InMemoryModuleStore store = new InMemoryModuleStore(() -> Instant.EPOCH);
    private final ScriptedSandbox sandbox = new ScriptedSandbox();
    private final ScriptedExecutionEvents events = new ScriptedExecutionEvents();
    private final Closer closer = new Closer();
    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    private volatile CompletionStage<Authentication> authentication = CompletableFuture.completedFuture(GRANTED);
    private ManagedChannel channel;

    private volatile ModuleInspector inspector = GrpcEdgeIT::inspect;

    @BeforeEach
    void start() throws IOException {
        channel = serve(
                new ModulesConfig(10, 1L << 20, Duration.ofMinutes(1), 1L << 20, Duration.ofMinutes(1), 1L << 20), 2);
    }

    private ManagedChannel serve(ModulesConfig modules, int maxHeldCalls) throws IOException {
        closer.add(timers::shutdownNow);
        WorkPool work = closer.add(WorkPool.open("work", 2, 100, metrics));
        FairPool inspection = closer.add(FairPool.open("inspection", 1, 100, metrics));
        ModuleLibrary library = new ModuleLibrary(
                modules, store, module -> inspector.inspect(module), sandbox, work, inspection, metrics);
        HealthMonitor health = closer.add(HealthMonitor.start(List.of(), metrics));
        ExecutionPipeline pipeline = new ExecutionPipeline(
                new RequestRules(Requests.LIMITS),
                library,
                new Repeats(Requests.CLAIMS, Ticker.systemTicker(), metrics),
                new BatchedClaims(new InMemoryRequestClaims(LocalDate.EPOCH, 1), work, 1),
                new CountingAdmission(),
                sandbox,
                new QueueConfig(100, 20, Duration.ofSeconds(10)),
                events,
                new Crashes(Requests.CRASHES, Ticker.systemTicker(), metrics),
                closer.add(InFlight.open(Duration.ofSeconds(5), metrics)),
                System::nanoTime);
        Batches batches = closer.add(Batches.open(
                new BatchConfig(
                        10, 10, 1L << 20, Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofSeconds(30), 1),
                pipeline,
                new PostgresBatchClaims(Jdbi.create(() -> {
                    throw new SQLException("no database here");
                })),
                work,
                who -> CompletableFuture.completedFuture(new Authentication.Granted(who)),
                timers,
                metrics));
        GrpcServer server = closer.add(GrpcServer.start(
                new GrpcConfig("127.0.0.1", 0, false, 100, maxHeldCalls, 8, 4, Duration.ofSeconds(10), Duration.ZERO),
                Requests.LIMITS,
                (authorization, peer) -> authentication,
                new ServiceHealth(health, false),
                new FixedFigures(LIMITS),
                new DenialTokens(TokenKeys.random(), java.time.Clock.systemUTC()),
                metrics,
                Optional.empty(),
                List.of(
                        new ExecutionGrpcService(pipeline, batches, new FixedFigures(LIMITS)),
                        new ModuleGrpcService(library, Requests.LIMITS.maxModuleBytes(), modules, timers, metrics))));
        ManagedChannel client = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
        closer.add(client::shutdownNow);
        return client;
    }

    @AfterEach
    void stop() {
        closer.close();
    }

    @Test
    void tellsASurpriseByAnIncidentIdAndNothingElse() {
        sandbox.failsWith(new IllegalStateException("secret of the house"));

        StatusRuntimeException error = Errors.of(() -> execute(Programs.inline(MODULE)));

        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(Errors.reason(error)).isEqualTo("INTERNAL_ERROR");
        assertThat(UUID.fromString(Errors.info(error).getMetadataOrThrow("incident_id")))
                .isNotNull();
        assertThat(String.valueOf(error.getTrailers()) + error.getStatus()).doesNotContain("secret");
    }

    @Test
    void everyReplyOfAnExecutionTellsTheRateLimits() {
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        var stub = ExecutionServiceGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers));

        stub.execute(Programs.inline(MODULE));
        assertRateLimits(trailers);
        Errors.of(() -> stub.execute(ExecuteRequest.getDefaultInstance()));
        assertRateLimits(trailers);
        sandbox.failsWith(new IllegalStateException("a surprise"));
        Errors.of(() -> stub.execute(Programs.inline(MODULE)));
        assertRateLimits(trailers);
    }

    private static void assertRateLimits(AtomicReference<Metadata> last) {
        Metadata trailers = Objects.requireNonNull(last.get());
        assertThat(trailers.get(RateLimitInterceptor.POLICY)).isEqualTo("\"minute\";q=10;w=60, \"day\";q=500;w=86400");
        assertThat(trailers.get(RateLimitInterceptor.LEFT)).isEqualTo("\"minute\";r=7;t=31, \"day\";r=450;t=7200");
    }

    @Test
    void tellsNoRateLimitsThatItDoesNotKnow() {
        Metadata trailers = new Metadata();

        RateLimitInterceptor.add(
                new RateLimits(
                        new RateLimits.Window(10, Optional.empty()), new RateLimits.Window(500, Optional.empty())),
                trailers);

        assertThat(trailers.get(RateLimitInterceptor.POLICY)).isEqualTo("\"minute\";q=10;w=60, \"day\";q=500;w=86400");
        assertThat(trailers.containsKey(RateLimitInterceptor.LEFT)).isFalse();
    }

    private record FixedFigures(RateLimits limits) implements QuotaFigures {
        @Override
        public RateLimits rateLimits(Caller caller) {
            return limits;
        }

        @Override
        public Unspent unspent(Caller caller) {
            return new Unspent(0, 0);
        }
    }

    @Test
    void tellsAnAbsentKeyStoreAsUnavailableAndNeverAsADenial() {
        authentication = CompletableFuture.completedFuture(new Authentication.Unavailable());

        StatusRuntimeException error = Errors.of(() -> execute(Programs.inline(MODULE)));

        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(Errors.reason(error)).isEqualTo("AUTHENTICATION_UNAVAILABLE");
        assertThat(Errors.detail(error, RetryInfo.class)).isPresent();
    }

    @Test
    void refusesAModuleThatKeepsCrashingAndSaysWhatACrashCosts() {
        sandbox.endsAs(ScriptedSandbox.ran(new RunResult.End.Crashed("signal 11"), "", ""));

        List<Boolean> charged = IntStream.range(0, Requests.CRASHES.quarantineAfter())
                .mapToObj(i -> execute(Programs.inline(MODULE)).getReceipt().getCharged())
                .toList();

        assertThat(charged).containsExactly(false, false, true);
        StatusRuntimeException error = Errors.of(() -> execute(Programs.inline(MODULE)));
        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(Errors.reason(error)).isEqualTo("MODULE_QUARANTINED");
        assertThat(Errors.detail(error, RetryInfo.class)).isPresent();
        assertThat(metrics.get("wasmwiz.quarantine.modules").gauge().value()).isEqualTo(1);
    }

    @Test
    void needsTheScopeOfTheMethod() {
        Caller caller = new Caller(UUID.randomUUID(), Optional.empty(), Set.of(Scope.EXECUTE), Requests.FREE);
        authentication = CompletableFuture.completedFuture(new Authentication.Granted(caller));

        StatusRuntimeException error = Errors.of(
                () -> ModuleServiceGrpc.newBlockingStub(channel).listModules(ListModulesRequest.getDefaultInstance()));

        assertThat(Errors.reason(error)).isEqualTo("SCOPE_MISSING");
        assertThat(Errors.info(error).getMetadataMap()).containsEntry("scope", "modules");
        assertThat(execute(Programs.inline(MODULE)).getStdout().toStringUtf8()).isEqualTo("out");
    }

    @Test
    void holdsACallUntilItsCallerIsKnown() {
        CompletableFuture<Authentication> answer = new CompletableFuture<>();
        authentication = answer;

        // Two may be held. Which of the three comes last is the transport's choice while it connects.
        List<CompletableFuture<ExecuteResponse>> replies =
                Stream.generate(() -> begin(Programs.inline(MODULE))).limit(3).toList();
        await().until(() -> replies.stream().anyMatch(CompletableFuture::isDone));

        assertThat(replies)
                .filteredOn(CompletableFuture::isDone)
                .singleElement()
                .satisfies(refused -> assertThat(Errors.reason((StatusRuntimeException)
                                refused.handle((reply, failure) -> failure).join()))
                        .isEqualTo("AUTHENTICATION_UNAVAILABLE"));
        answer.complete(GRANTED);
        assertThat(replies)
                .filteredOn(reply -> !reply.isCompletedExceptionally())
                .hasSize(2)
                .allSatisfy(reply -> assertThat(reply).succeedsWithin(10, TimeUnit.SECONDS));
    }

    @Test
    void acceptsNothingOfTheBodyBeforeTheCallerIsKnown() {
        CompletableFuture<Authentication> answer = new CompletableFuture<>();
        authentication = answer;
        ClientCall<UploadModuleRequest, UploadModuleResponse> call =
                channel.newCall(ModuleServiceGrpc.getUploadModuleMethod(), CallOptions.DEFAULT);
        CompletableFuture<Status> end = new CompletableFuture<>();
        CompletableFuture<Metadata> trailers = new CompletableFuture<>();
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status status, Metadata metadata) {
                        trailers.complete(metadata);
                        end.complete(status);
                    }
                },
                new Metadata());
        call.request(1);
        UploadModuleRequest large = UploadModuleRequest.newBuilder()
                .setChunk(ByteString.copyFrom(new byte[1 << 20]))
                .build();

        int sent = 0;
        for (; sent < 64 && (sent == 0 || call.isReady()); sent++) {
            call.sendMessage(large);
        }

        assertThat(sent).as("messages until the window was full").isLessThan(64);
        assertThat(end).isNotDone();
        answer.complete(new Authentication.Denied(Authentication.Reason.KEY_UNKNOWN));
        assertThat(end).succeedsWithin(10, TimeUnit.SECONDS).satisfies(status -> {
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
            assertThat(Errors.reason(status.asRuntimeException(trailers.join())))
                    .isEqualTo("KEY_UNKNOWN");
        });
    }

    @Test
    void refusesCallsBeyondTheAccountsSlotsBeforeAMessageIsRead() {
        List<ClientCall<UploadModuleRequest, UploadModuleResponse>> silent = IntStream.range(
                        0, Requests.FREE.maxConcurrency() + 4)
                .mapToObj(i -> silentCall(new CompletableFuture<>()))
                .toList();
        await().until(() -> inProgress() == silent.size());

        CompletableFuture<StatusRuntimeException> end = new CompletableFuture<>();
        ClientCall<UploadModuleRequest, UploadModuleResponse> further = silentCall(end);

        assertThat(end).succeedsWithin(10, TimeUnit.SECONDS).satisfies(error -> {
            assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(Errors.reason(error)).isEqualTo("ACCOUNT_CALLS_SPENT");
            assertThat(Errors.detail(error, RetryInfo.class)).isPresent();
        });
        further.cancel("a second end of a refused call", null);
        assertThat(Errors.reason(Errors.of(() -> ModuleServiceGrpc.newBlockingStub(channel)
                        .listModules(ListModulesRequest.getDefaultInstance()))))
                .as("over all services")
                .isEqualTo("ACCOUNT_CALLS_SPENT");
        silent.get(0).cancel("makes room", null);
        await().until(() -> inProgress() == silent.size() - 1);
        assertThat(execute(Programs.inline(MODULE)).getStdout().toStringUtf8()).isEqualTo("out");
        silent.forEach(call -> call.cancel("done", null));
        await().until(() -> inProgress() == 0);
    }

    @Test
    void refusesCallsBeyondTheServersSlotsWhoeverCalls() {
        for (int i = 0; i < 8; i++) {
            authentication = CompletableFuture.completedFuture(new Authentication.Granted(Requests.caller()));
            ClientCall<UploadModuleRequest, UploadModuleResponse> unused = silentCall(new CompletableFuture<>());
            int begun = i + 1;
            await().until(() -> inProgress() == begun);
        }
        authentication = CompletableFuture.completedFuture(GRANTED);

        StatusRuntimeException error = Errors.of(() -> execute(Programs.inline(MODULE)));

        assertThat(error.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(Errors.reason(error)).isEqualTo("SERVER_OVERLOADED");
        assertThat(Errors.detail(error, RetryInfo.class)).isPresent();
    }

    @Test
    void givesTheSlotBackHoweverACallEnds() {
        execute(Programs.inline(MODULE));
        sandbox.failsWith(new IllegalStateException("surprise"));
        Errors.of(() -> execute(Programs.inline(MODULE)));
        Errors.of(() -> execute(ExecuteRequest.getDefaultInstance()));

        await().until(() -> inProgress() == 0);
    }

    /** A call that sends no message; an upload, because a client keeps a unary call back until there is one. */
    private ClientCall<UploadModuleRequest, UploadModuleResponse> silentCall(
            CompletableFuture<StatusRuntimeException> end) {
        ClientCall<UploadModuleRequest, UploadModuleResponse> call =
                channel.newCall(ModuleServiceGrpc.getUploadModuleMethod(), CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        end.complete(status.asRuntimeException(trailers));
                    }
                },
                new Metadata());
        call.request(1);
        return call;
    }

    private double inProgress() {
        return metrics.get("wasmwiz.calls.in.progress").gauge().value();
    }

    @Test
    void keepsAnUploadThatComesSlowly() {
        Upload upload = new Upload(channel);
        upload.send(header("", "slow"));
        for (byte each : MODULE) {
            upload.send(chunk(new byte[] {each}));
            await().until(() -> held() > 0);
        }
        upload.parts.onCompleted();

        assertThat(upload.reply.future())
                .succeedsWithin(10, TimeUnit.SECONDS)
                .satisfies(response -> assertThat(response.getModule().getDigest())
                        .isEqualTo(ModuleDigest.of(MODULE).toString()));
        await().until(() -> held() == 0);
    }

    @Test
    void endsAnUploadThatTakesTooLong() throws IOException {
        ManagedChannel impatient = serve(
                new ModulesConfig(10, 1L << 20, Duration.ofMinutes(1), 1L << 20, Duration.ofMillis(50), 1L << 20), 2);
        Upload upload = new Upload(impatient);
        upload.send(header("", ""));
        upload.send(chunk(new byte[] {1}));

        assertThat(upload.error().getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(Errors.reason(upload.error())).isEqualTo("UPLOAD_TIMED_OUT");
    }

    @Test
    void refusesAnUploadBeyondTheQuarterOfItsAccountAndTakesThatOfAnother() throws IOException {
        metrics.clear();
        ManagedChannel small = serve(
                new ModulesConfig(10, 1L << 20, Duration.ofMinutes(1), 16_000, Duration.ofMinutes(1), 1L << 20), 2);
        Upload first = new Upload(small);
        first.send(header("", ""));
        first.send(chunk(new byte[3_000]));
        await().until(() -> held() == 3_000);
        Upload second = new Upload(small);
        second.send(header("", ""));
        second.send(chunk(new byte[3_000]));

        assertThat(second.error().getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(Errors.reason(second.error())).isEqualTo("UPLOADS_BUSY");
        assertThat(Errors.detail(second.error(), RetryInfo.class)).isPresent();
        authentication = CompletableFuture.completedFuture(new Authentication.Granted(Requests.caller()));
        Upload ofAnother = new Upload(small);
        ofAnother.send(header("", ""));
        ofAnother.send(chunk(new byte[3_000]));
        await().until(() -> held() == 6_000);
    }

    @Test
    void refusesAnUploadAsSoonAsItIsTooLarge() {
        Upload upload = new Upload(channel);
        upload.send(header("", ""));
        upload.send(chunk(new byte[6_000]));
        upload.send(chunk(new byte[6_000]));

        assertThat(upload.error().getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(Errors.reason(upload.error())).isEqualTo("UPLOAD_TOO_LARGE");
        await().until(() -> held() == 0);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void saysWhatIsWrongWithAnUpload(String reason, String field, List<UploadModuleRequest> parts) {
        Upload upload = new Upload(channel);
        parts.forEach(upload::send);
        upload.parts.onCompleted();

        assertThat(upload.error().getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(Errors.reason(upload.error())).isEqualTo(reason);
        assertThat(Errors.info(upload.error()).getMetadataOrDefault("field", ""))
                .isEqualTo(field);
        await().until(() -> held() == 0);
    }

    static Stream<Arguments> saysWhatIsWrongWithAnUpload() {
        return Stream.of(
                row("UPLOAD_HEADER_MISSING", "header"),
                row("UPLOAD_HEADER_MISSING", "header", chunk(MODULE)),
                row("UPLOAD_HEADER_REPEATED", "header", header("", ""), header("", "")),
                row("UPLOAD_PART_MISSING", "part", UploadModuleRequest.getDefaultInstance()),
                row("UPLOAD_CHUNK_EMPTY", "chunk", header("", ""), chunk(new byte[0])),
                row("UPLOAD_CHUNK_TOO_LARGE", "chunk", header("", ""), chunk(new byte[(1 << 20) + 1])),
                row("UPLOAD_EMPTY", "chunk", header("", "")),
                row("DIGEST_MALFORMED", "header.digest", header("ABC", "")),
                row("MODULE_NAME_INVALID", "header.name", header("", "a\nb")),
                row("MODULE_NAME_INVALID", "header.name", header("", "x".repeat(129))),
                row("UPLOAD_DIGEST_MISMATCH", "header.digest", header("ab".repeat(32), ""), chunk(MODULE)),
                row("MODULE_BAD", "", header("", ""), chunk(new byte[] {1, 2})));
    }

    @Test
    void givesBackTheMemoryOfAnUploadThatIsCancelled() {
        Upload upload = new Upload(channel);
        upload.send(header("", ""));
        upload.send(chunk(new byte[1_000]));
        await().until(() -> held() == 1_000);

        upload.parts.onError(Status.CANCELLED.asRuntimeException());

        await().until(() -> held() == 0);
    }

    @Test
    void givesBackTheMemoryOfAnUploadWhoseInspectionWaitsWhenItIsCancelled() throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch free = new CountDownLatch(1);
        inspector = module -> {
            busy.countDown();
            awaitUninterrupted(free);
            return inspect(module);
        };
        try {
            CompletableFuture<ExecuteResponse> first = begin(Programs.inline(MODULE));
            assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
            Upload upload = new Upload(channel);
            upload.send(header("", ""));
            upload.send(chunk(new byte[1_000]));
            await().until(() -> held() == 1_000);
            upload.parts.onCompleted();
            await().until(() -> waitingInspections() == 1);

            upload.parts.onError(Status.CANCELLED.asRuntimeException());

            await().until(() -> held() == 0 && waitingInspections() == 0);
            assertThat(first).isNotDone();
        } finally {
            free.countDown();
        }
    }

    @Test
    void takesNoMoreInlineModulesOfAnAccountThanAQuarterOfTheBuffer() throws Exception {
        metrics.clear();
        ManagedChannel small = serve(
                new ModulesConfig(
                        10, 1L << 20, Duration.ofMinutes(1), 1L << 20, Duration.ofMinutes(1), 4L * MODULE.length),
                2);
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch free = new CountDownLatch(1);
        inspector = module -> {
            busy.countDown();
            awaitUninterrupted(free);
            return inspect(module);
        };
        CompletableFuture<ExecuteResponse> first = new CompletableFuture<>();
        ExecutionServiceGrpc.newStub(small).execute(Programs.inline(MODULE), new Reply<>(first));
        assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();

        StatusRuntimeException error =
                Errors.of(() -> ExecutionServiceGrpc.newBlockingStub(small).execute(Programs.inline(MODULE)));

        assertThat(Errors.reason(error)).isEqualTo("SERVER_BUSY");
        assertThat(Errors.info(error).getMetadataMap()).containsEntry("queue", "inspection");
        free.countDown();
        assertThat(first).succeedsWithin(10, TimeUnit.SECONDS);
        await().until(() -> metrics.get("wasmwiz.inspection.held.bytes").gauge().value() == 0);
    }

    private double waitingInspections() {
        return metrics.get("wasmwiz.inspection.queue.depth").gauge().value();
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void saysInReceiptAndEventThatOutputWasLost() {
        sandbox.endsAs(new RunResult.Ran(
                new RunResult.End.Crashed("killed"),
                0,
                new byte[0],
                new byte[0],
                false,
                false,
                true,
                ScriptedSandbox.USAGE));

        Receipt receipt = execute(Programs.inline(MODULE)).getReceipt();

        assertThat(receipt.getOutputLost()).isTrue();
        assertThat(events.published()).singleElement().satisfies(event -> {
            assertThat(event.outputLost()).isTrue();
            assertThat(event.executionId()).hasToString(receipt.getExecutionId());
            assertThat(event.charged()).isEqualTo(receipt.getCharged());
        });
    }

    private double held() {
        return metrics.get("wasmwiz.uploads.held.bytes").gauge().value();
    }

    private static ModuleInspection inspect(byte[] module) {
        return module.length < MODULE.length
                ? new ModuleInspection.Refused("MODULE_BAD", "not a module")
                : new ModuleInspection.Accepted(SampleFindings.withPages(1));
    }

    private ExecuteResponse execute(ExecuteRequest request) {
        return ExecutionServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .execute(request);
    }

    private CompletableFuture<ExecuteResponse> begin(ExecuteRequest request) {
        CompletableFuture<ExecuteResponse> reply = new CompletableFuture<>();
        ExecutionServiceGrpc.newStub(channel).execute(request, new Reply<>(reply));
        return reply;
    }

    private static Arguments row(String reason, String field, UploadModuleRequest... parts) {
        return Arguments.of(reason, field, List.of(parts));
    }

    private static UploadModuleRequest header(String digest, String name) {
        return UploadModuleRequest.newBuilder()
                .setHeader(UploadModuleHeader.newBuilder().setDigest(digest).setName(name))
                .build();
    }

    private static UploadModuleRequest chunk(byte[] bytes) {
        return UploadModuleRequest.newBuilder()
                .setChunk(ByteString.copyFrom(bytes))
                .build();
    }

    /** An upload in progress. */
    private static final class Upload {
        private final Reply<UploadModuleResponse> reply = new Reply<>(new CompletableFuture<>());
        private final StreamObserver<UploadModuleRequest> parts;

        Upload(ManagedChannel channel) {
            parts = ModuleServiceGrpc.newStub(channel).uploadModule(reply);
        }

        void send(UploadModuleRequest part) {
            parts.onNext(part);
        }

        CompletableFuture<Throwable> failure() {
            CompletableFuture<Throwable> failure = new CompletableFuture<>();
            reply.future()
                    .exceptionally(error -> {
                        failure.complete(error);
                        return UploadModuleResponse.getDefaultInstance();
                    })
                    .isDone();
            return failure;
        }

        StatusRuntimeException error() {
            return (StatusRuntimeException)
                    failure().orTimeout(10, TimeUnit.SECONDS).join();
        }
    }
}

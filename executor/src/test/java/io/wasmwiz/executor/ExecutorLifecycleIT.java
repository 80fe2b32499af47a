package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Duration;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.wasmwiz.embedded.proxy.FaultyProxy;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.grpc.Errors;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.Limits;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Starting and stopping a whole executor. */
class ExecutorLifecycleIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    @TempDir
    private Path directory = Path.of("");

    private final TestDatabase database = POSTGRES.createDatabase();
    private final String topic = KAFKA.newTopic(1);

    @Test
    void takesNoCallThatItWouldRefuseForWantOfItsLog() {
        Tenant tenant = Tenant.create(database, "Pro");
        try (ExecutorFixture executor =
                ExecutorFixture.start(database.url("wasmwiz_executor"), KAFKA.bootstrapServers(), topic)) {
            assertThat(executor.execution(tenant.key())
                            .execute(Programs.inline(Programs.HELLO))
                            .getStdout()
                            .toStringUtf8())
                    .isEqualTo("hello");
        }
    }

    @Test
    void waitsForTheAdminServicesDatabaseAsForItsOwn() {
        int attempts = 12;
        try (FaultyProxy proxy = FaultyProxy.start()) {
            String direct = database.url("wasmwiz_admin");
            int port = URI.create(direct).getPort();
            String throughProxy = direct.replaceFirst(":" + port + "/", ":" + proxy.port() + "/");
            CompletableFuture<ExecutorFixture> starting = CompletableFuture.supplyAsync(
                    () -> start("--admin-service", "--admin-database-url=" + throughProxy));
            await().atMost(30, TimeUnit.SECONDS)
                    .until(() -> starting.isDone() || proxy.count(FaultyProxy.Kind.REFUSED) >= attempts);

            proxy.forwardTo(port);

            assertThat(starting).succeedsWithin(60, TimeUnit.SECONDS).satisfies(ExecutorFixture::close);
        }
    }

    @Test
    void drainsARunInProgressThenClosesItsLease() {
        try (ExecutorFixture executor = start("--drain-timeout=20s");
                ExecutionLogReader log = new ExecutionLogReader(KAFKA.bootstrapServers(), topic)) {
            CompletableFuture<ExecuteResponse> reply = beginLoop(executor, 2);

            CompletableFuture<Void> closed =
                    CompletableFuture.runAsync(() -> executor.server().close());

            assertThat(reply).succeedsWithin(20, TimeUnit.SECONDS).satisfies(response -> {
                assertThat(closed).succeedsWithin(30, TimeUnit.SECONDS);
                assertRecordedAndItsLeaseClosed(log, response);
            });
        }
    }

    @Test
    void drainsAsAProcessOnSigtermAndEndsByItself() throws InterruptedException {
        try (ForkedExecutor executor = ForkedExecutor.start(
                        directory,
                        database.url("wasmwiz_executor"),
                        KAFKA.bootstrapServers(),
                        topic,
                        "--drain-timeout=20s");
                ExecutionLogReader log = new ExecutionLogReader(KAFKA.bootstrapServers(), topic)) {
            await().atMost(30, TimeUnit.SECONDS).until(executor::isReady);
            CompletableFuture<ExecuteResponse> reply = beginLoop(executor, 2);

            executor.terminate();

            assertThat(reply)
                    .succeedsWithin(20, TimeUnit.SECONDS)
                    .satisfies(response -> assertRecordedAndItsLeaseClosed(log, response));
            assertThat(executor.process().waitFor(30, TimeUnit.SECONDS))
                    .as(executor.log())
                    .isTrue();
            // What a JVM answers that SIGTERM ended, however orderly: 128 and the signal's number.
            assertThat(executor.process().exitValue()).as(executor.log()).isEqualTo(143);
            assertThat(executor.log()).contains("executor draining", "executor closed");
        }
    }

    @Test
    void stopsAndRecordsARunThatOutlivesTheDrain() {
        // Long enough for an admitted call to be compiled and started: what never started is not recorded.
        try (ExecutorFixture executor = start("--drain-timeout=3s");
                ExecutionLogReader log = new ExecutionLogReader(KAFKA.bootstrapServers(), topic)) {
            CompletableFuture<ExecuteResponse> reply = beginLoop(executor, 30);

            executor.server().close();

            assertThat(reply).failsWithin(20, TimeUnit.SECONDS);
            ExecutionEvent event = log.awaitExecution(any -> true);
            assertThat(event.getStatusValue()).isEqualTo(ExecutionStatus.EXECUTION_STATUS_CANCELLED_VALUE);
            assertThat(event.getCharged()).isTrue();
            String lease = ExecutionLogReader.uuid(event.getLeaseId()).toString();
            await().pollInSameThread().until(() -> log.hasLeaseClosed(lease));
        }
    }

    @Test
    void runsAsTheDeveloperWithoutAKeyInDevelopment() {
        try (ExecutorFixture executor = start("--env=development", "--auth-required=false");
                ExecutionLogReader log = new ExecutionLogReader(KAFKA.bootstrapServers(), topic)) {
            ExecuteResponse response =
                    ExecutionServiceGrpc.newBlockingStub(executor.channel()).execute(Programs.inline(Programs.HELLO));

            assertThat(response.getStdout().toStringUtf8()).isEqualTo("hello");
            ExecutionEvent event = log.awaitExecution(response.getReceipt().getExecutionId());
            assertThat(event.getApiKeyId().isEmpty()).isTrue();
            assertThat(event.getCharged()).isTrue();
            StatusRuntimeException error =
                    Errors.of(() -> executor.execution("ww_wrong").execute(Programs.inline(Programs.HELLO)));
            assertThat(Errors.reason(error)).isEqualTo("KEY_MALFORMED");
        }
    }

    @Test
    void servesReflectionWhenAsked() {
        try (ExecutorFixture executor = start("--grpc-reflection")) {
            assertThat(HealthGrpc.newBlockingStub(executor.channel())
                            .check(HealthCheckRequest.getDefaultInstance())
                            .getStatus())
                    .isEqualTo(ServingStatus.SERVING);
            CompletableFuture<io.grpc.reflection.v1.ServerReflectionResponse> reply = new CompletableFuture<>();
            io.grpc.reflection.v1.ServerReflectionGrpc.newStub(executor.channel())
                    .serverReflectionInfo(new Reply<>(reply))
                    .onNext(io.grpc.reflection.v1.ServerReflectionRequest.newBuilder()
                            .setListServices("")
                            .build());
            assertThat(reply)
                    .succeedsWithin(10, TimeUnit.SECONDS)
                    .satisfies(services -> assertThat(
                                    services.getListServicesResponse().getServiceList())
                            .anyMatch(service -> service.getName().equals("wasmwiz.v1.ExecutionService")));
        }
    }

    private ExecutorFixture start(String... flags) {
        ExecutorFixture executor =
                ExecutorFixture.start(database.url("wasmwiz_executor"), KAFKA.bootstrapServers(), topic, flags);
        await().until(executor::isReady);
        return executor;
    }

    /** A run of a new tenant, in progress, that is stopped at its run time. */
    private CompletableFuture<ExecuteResponse> beginLoop(ExecutorClient executor, int seconds) {
        Tenant tenant = Tenant.create(database, "Pro");
        CompletableFuture<ExecuteResponse> reply = executor.begin(
                tenant.key(),
                Programs.inline(Programs.LOOP).toBuilder()
                        .setLimits(Limits.newBuilder()
                                .setRunTime(Duration.newBuilder().setSeconds(seconds)))
                        .build());
        await().until(() -> executor.metric("wasmwiz_admission_in_flight") == 1);
        return reply;
    }

    private static void assertRecordedAndItsLeaseClosed(ExecutionLogReader log, ExecuteResponse response) {
        assertThat(response.getReceipt().getStatus()).isEqualTo(ExecutionStatus.EXECUTION_STATUS_TIMED_OUT);
        assertThat(log.awaitExecution(response.getReceipt().getExecutionId()).getCharged())
                .isTrue();
        await().pollInSameThread()
                .until(() -> log.hasLeaseClosed(response.getReceipt().getLeaseId()));
    }
}

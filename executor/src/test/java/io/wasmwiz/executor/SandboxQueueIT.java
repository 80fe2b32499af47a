package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.util.Durations;
import com.google.rpc.RetryInfo;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.grpc.Errors;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.Limits;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Runs that wait for a sandbox, in whole executors whose two sandboxes are held by guests that never end. */
class SandboxQueueIT {
    private static final int FLOOD = 500;

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private static TestDatabase database;
    private static String topic;
    private static ExecutionLogReader log;

    private Tenant holder;
    private Tenant other;

    @BeforeAll
    static void start() {
        database = POSTGRES.createDatabase();
        database.jdbi().useHandle(handle -> handle.execute("""
                INSERT INTO subscription_tiers
                    (name, executions_per_minute, executions_per_day, memory_mib, run_time_ms, max_concurrency)
                VALUES ('Crowd', 10000, 100000, 64, 600000, 1000)
                """));
        topic = KAFKA.newTopic(3);
        log = new ExecutionLogReader(KAFKA.bootstrapServers(), topic);
    }

    @AfterAll
    static void stop() {
        log.close();
    }

    @BeforeEach
    void createTenants() {
        holder = Tenant.create(database, "Crowd");
        other = Tenant.create(database, "Crowd");
    }

    @Test
    void runsAnAccountsCallBesideTheFloodOfAnother() throws Exception {
        Tenant flooder = Tenant.create(database, "Crowd");
        try (ExecutorFixture executor =
                start("--max-calls=2000", "--sandbox-queue-per-account=" + (FLOOD + 1), "--max-queue-wait=10m")) {
            bringAlong(executor, flooder, Programs.LOOP);
            bringAlong(executor, other, Programs.HELLO);
            Context.CancellableContext firstHold = hold(executor, 1);
            Context.CancellableContext secondHold = hold(executor, 2);
            Context.CancellableContext flood = Context.current().withCancellation();
            List<CompletableFuture<ExecuteResponse>> floods = IntStream.range(0, FLOOD)
                    .mapToObj(i -> begin(executor, flood, flooder, Programs.byDigest(Programs.LOOP)))
                    .toList();
            awaitWaiting(executor, FLOOD);
            CompletableFuture<ExecuteResponse> call = executor.begin(other.key(), Programs.byDigest(Programs.HELLO));
            awaitWaiting(executor, FLOOD + 1);

            // One sandbox each: were the flood first, its endless guests would take both.
            firstHold.cancel(null);
            secondHold.cancel(null);

            ExecuteResponse response = call.get(60, TimeUnit.SECONDS);
            assertThat(response.getReceipt().getStatus()).isEqualTo(ExecutionStatus.EXECUTION_STATUS_COMPLETED);
            assertThat(response.getReceipt().getQueueTimeUs()).isPositive();
            assertThat(floods).noneMatch(CompletableFuture::isDone);
            awaitWaiting(executor, FLOOD - 2);
            flood.cancel(null);
            awaitIdle(executor);
        }
    }

    @Test
    void refusesUnrunWhatCannotStartInTime() {
        try (ExecutorFixture executor = start("--max-queue-wait=2s")) {
            bringAlong(executor, other, Programs.HELLO);
            List<Context.CancellableContext> holds = List.of(hold(executor, 1), hold(executor, 2));

            StatusRuntimeException tooLong =
                    Errors.of(() -> executor.execution(other.key()).execute(Programs.byDigest(Programs.HELLO)));
            StatusRuntimeException pastDeadline = Errors.of(() -> executor.execution(other.key())
                    .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                    .execute(Programs.byDigest(Programs.HELLO)));

            assertThat(tooLong.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(Errors.reason(tooLong)).isEqualTo("SERVER_BUSY");
            assertThat(Errors.info(tooLong).getMetadataMap()).containsEntry("queue", "sandbox");
            assertThat(Errors.detail(tooLong, RetryInfo.class)).isPresent();
            assertThat(pastDeadline.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            awaitWaiting(executor, 0);
            holds.forEach(hold -> hold.cancel(null));
            awaitIdle(executor);
            assertThat(statusesUpToANewRun(executor, other))
                    .as("what was refused left no event")
                    .containsExactly(
                            ExecutionStatus.EXECUTION_STATUS_COMPLETED, ExecutionStatus.EXECUTION_STATUS_COMPLETED);
        }
    }

    @Test
    void refusesRunsBeyondTheAccountsShareOfTheQueueAndTakesThoseOfOthers() throws Exception {
        try (ExecutorFixture executor = start("--sandbox-queue-per-account=2")) {
            bringAlong(executor, other, Programs.HELLO);
            List<Context.CancellableContext> holds = List.of(hold(executor, 1), hold(executor, 2));
            Context.CancellableContext waiting = Context.current().withCancellation();
            for (int i = 0; i < 2; i++) {
                CompletableFuture<ExecuteResponse> unused =
                        begin(executor, waiting, holder, Programs.byDigest(Programs.LOOP));
            }
            awaitWaiting(executor, 2);

            StatusRuntimeException error =
                    Errors.of(() -> executor.execution(holder.key()).execute(Programs.byDigest(Programs.LOOP)));
            CompletableFuture<ExecuteResponse> call = executor.begin(other.key(), Programs.byDigest(Programs.HELLO));
            awaitWaiting(executor, 3);

            assertThat(Errors.reason(error)).isEqualTo("ACCOUNT_QUEUE_FULL");
            assertThat(Errors.info(error).getMetadataMap()).containsEntry("limit", "2");
            waiting.cancel(null);
            holds.forEach(hold -> hold.cancel(null));
            assertThat(call.get(60, TimeUnit.SECONDS).getReceipt().getStatus())
                    .isEqualTo(ExecutionStatus.EXECUTION_STATUS_COMPLETED);
            awaitIdle(executor);
        }
    }

    private static ExecutorFixture start(String... flags) {
        ExecutorFixture executor =
                ExecutorFixture.start(database.url("wasmwiz_executor"), KAFKA.bootstrapServers(), topic, flags);
        await().until(executor::isReady);
        return executor;
    }

    /** Has the tenant keep {@code module}, compiled, so that from here on only runs take sandboxes. */
    private static void bringAlong(ExecutorFixture executor, Tenant tenant, byte[] module) {
        ExecuteResponse unused = executor.execution(tenant.key())
                .execute(Programs.inline(module).toBuilder()
                        .setLimits(Limits.newBuilder().setRunTime(Durations.fromMillis(50)))
                        .build());
    }

    /** Makes {@code sandboxes} the number of sandboxes that are taken until the contexts are cancelled. */
    private Context.CancellableContext hold(ExecutorFixture executor, int sandboxes) {
        if (sandboxes == 1) {
            bringAlong(executor, holder, Programs.LOOP);
        }
        Context.CancellableContext context = Context.current().withCancellation();
        CompletableFuture<ExecuteResponse> unused = begin(executor, context, holder, Programs.byDigest(Programs.LOOP));
        await().until(() -> executor.metric("wasmwiz_sandbox_tasks_in_progress") == sandboxes);
        return context;
    }

    private static CompletableFuture<ExecuteResponse> begin(
            ExecutorFixture executor, Context.CancellableContext context, Tenant tenant, ExecuteRequest request) {
        try {
            return context.call(() -> executor.begin(tenant.key(), request));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitWaiting(ExecutorFixture executor, int runs) {
        await().atMost(60, TimeUnit.SECONDS).until(() -> executor.metric("wasmwiz_sandbox_queue_depth") == runs);
    }

    private static void awaitIdle(ExecutorFixture executor) {
        await().atMost(60, TimeUnit.SECONDS)
                .until(() -> executor.metric("wasmwiz_executions_in_flight") == 0
                        && executor.metric("wasmwiz_admission_in_flight") == 0);
    }

    /** The statuses of all the tenant's events; they are in the order of its runs, so a new one comes last. */
    private static List<ExecutionStatus> statusesUpToANewRun(ExecutorFixture executor, Tenant tenant) {
        ExecuteResponse last = executor.execution(tenant.key()).execute(Programs.inline(Programs.HELLO));
        ExecutionEvent unused = log.awaitExecution(last.getReceipt().getExecutionId());
        return log.executions(tenant.accountId()).stream()
                .map(event -> ExecutionStatus.forNumber(event.getStatusValue()))
                .toList();
    }
}

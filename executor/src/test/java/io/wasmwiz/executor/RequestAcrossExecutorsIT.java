package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.grpc.Errors;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One request id on two executors that keep no answers, which share PostgreSQL and the log. */
class RequestAcrossExecutorsIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private static final String CHARGE = """
            INSERT INTO usage_logs (day, execution_id, user_id, module_digest, tier, tier_version, lease_id, status,
                admitted_at, wall_time_us, cpu_time_us, queue_time_us, peak_memory_bytes, module_bytes, input_bytes,
                output_bytes, cache_hit, output_truncated, output_lost, charged, log_partition, log_offset)
            SELECT c.day, c.execution_id, c.user_id, decode(repeat('ab', 32), 'hex'), 'Free', 1, :lease, 'completed',
                c.created_at, 1, 1, 1, 1, 1, 1, 1, true, false, false, true, 0, 0
            FROM request_claims c WHERE c.user_id = :account
            """;

    private final TestDatabase database = POSTGRES.createDatabase();
    private final String topic = KAFKA.newTopic(1);

    @Test
    void runsUnderOneExecutionIdAndWithoutALeaseOnceItIsPaid() {
        Tenant tenant = Tenant.create(database, "Free");
        ExecuteRequest request = Programs.inline(Programs.HELLO).toBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .build();
        try (ExecutorFixture one = executor();
                ExecutorFixture other = executor();
                ExecutionLogReader log = new ExecutionLogReader(KAFKA.bootstrapServers(), topic)) {
            await().until(() -> one.isReady() && other.isReady());
            List<CompletableFuture<ExecuteResponse>> calls = Stream.of(one, other)
                    .map(executor -> CompletableFuture.supplyAsync(
                            () -> executor.execution(tenant.key()).execute(request)))
                    .toList();
            List<ExecuteResponse> replies =
                    calls.stream().map(CompletableFuture::join).toList();
            String executionId = replies.get(0).getReceipt().getExecutionId();

            UUID paidLease = UUID.randomUUID();
            database.ensurePartition(database.jdbi()
                    .withHandle(handle -> handle.createQuery("SELECT day FROM request_claims")
                            .mapTo(LocalDate.class)
                            .one()));
            database.jdbi()
                    .useHandle(handle -> handle.createUpdate(CHARGE)
                            .bind("lease", paidLease)
                            .bind("account", tenant.accountId())
                            .execute());
            ExecuteResponse repeat = other.execution(tenant.key()).execute(request);

            assertThat(replies)
                    .extracting(reply -> reply.getReceipt().getExecutionId())
                    .containsOnly(executionId);
            assertThat(replies).noneMatch(ExecuteResponse::getRepeated);
            assertThat(repeat.getRepeated()).isTrue();
            assertThat(repeat.getStdout()).isEqualTo(replies.get(0).getStdout());
            assertThat(repeat.getReceipt().getExecutionId()).isEqualTo(executionId);
            log.awaitExecution(event -> !event.getCharged());
            assertThat(log.executions(tenant.accountId()))
                    .hasSize(3)
                    .extracting(
                            ExecutionEvent::getCharged,
                            event -> ExecutionLogReader.uuid(event.getExecutionId())
                                    .toString())
                    .containsExactly(tuple(true, executionId), tuple(true, executionId), tuple(false, executionId));
            assertThat(Errors.reason(Errors.of(() -> one.execution(tenant.key()).execute(request))))
                    .isEqualTo("REQUEST_ATTEMPTS_SPENT");
        }
    }

    private ExecutorFixture executor() {
        return ExecutorFixture.start(
                database.url("wasmwiz_executor"),
                KAFKA.bootstrapServers(),
                topic,
                "--request-cache-bytes=0",
                "--max-attempts-per-request=3");
    }
}

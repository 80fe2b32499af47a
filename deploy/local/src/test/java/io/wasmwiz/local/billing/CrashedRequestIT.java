package io.wasmwiz.local.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.local.billing.Caller.Answer.Acknowledged;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecutionStatus;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A request with an id whose first attempt dies with its executor, and is repeated on another. */
final class CrashedRequestIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private final BillingStack stack = new BillingStack(
            POSTGRES.createDatabase(), KAFKA.bootstrapServers(), KAFKA.newTopic(1), 1_000_000, 1_000_000);

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        stack.close();
    }

    @Test
    void isChargedOnceWhenTheExecutorOfItsFirstAttemptWasKilled() throws Exception {
        stack.worker();
        ForkedService killed =
                stack.forkExecutor(directory, "killed", "--sandbox-processes=1", "--sandbox-max-processes=1");
        ExecuteRequest request = request();
        Caller itsCaller = stack.callerOf(killed);
        CompletableFuture<Caller.Answer> first = itsCaller.begin(request);
        await().atMost(BillingStack.PATIENCE).until(() -> itsCaller.metric("wasmwiz_sandbox_tasks_in_progress") == 1);
        killed.kill();
        assertThat(first.join()).isInstanceOf(Caller.Answer.Failed.class);
        UUID executionId = stack.ids("SELECT execution_id FROM request_claims").get(0);

        Caller.Answer second =
                stack.executor("other", "--sandbox-mode=in-process").call(request);

        assertCompleted(second, executionId);
        stack.awaitNumber("SELECT count(*) FROM usage_logs", 1);
        // The units of the one that is gone come back.
        stack.awaitNumber("SELECT count(*) FROM quota_leases WHERE executor = 'killed' AND state <> 'closed'", 0);
        assertChargedOnce(executionId);
    }

    private static ExecuteRequest request() {
        return Caller.sample("sleep", "1").toBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .build();
    }

    private static void assertCompleted(Caller.Answer answer, UUID executionId) {
        assertThat(answer).isInstanceOfSatisfying(Acknowledged.class, ran -> {
            assertThat(ran.response().getReceipt().getStatus()).isEqualTo(ExecutionStatus.EXECUTION_STATUS_COMPLETED);
            assertThat(ran.executionId()).isEqualTo(executionId);
        });
    }

    private void assertChargedOnce(UUID executionId) throws InterruptedException {
        stack.awaitNumber("SELECT count(*) FROM usage_logs WHERE charged", 1);
        assertThat(stack.ids("SELECT execution_id FROM usage_logs WHERE charged"))
                .containsExactly(executionId);
        assertThat(stack.charged()).isEqualTo(1);
        stack.assertReconciled(directory);
    }
}

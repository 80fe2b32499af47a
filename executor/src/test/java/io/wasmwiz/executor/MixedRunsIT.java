package io.wasmwiz.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.executor.ExecutorFixture.Tenant;
import io.wasmwiz.executor.sandbox.Wat;
import io.wasmwiz.executor.sandbox.process.UncheckedSandboxMain;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionStatus;
import io.wasmwiz.v1.Limits;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs of every kind, every hundredth of which makes the engine abort its process: its table grows by 34 GB, past what
 * the process may have, which the rewrite would not let it. The number of runs is the system property
 * {@code wasmwiz.mixed.runs}, by default 400.
 */
class MixedRunsIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private static final int RUNS = Integer.getInteger("wasmwiz.mixed.runs", 400);
    private static final int IN_FLIGHT = 24;
    private static final int ONE_IN = 100;
    /** So that none crashes often enough for its quarantine. */
    private static final int ABORTING_MODULES = 1 + RUNS / ONE_IN / 90;

    /** Copies its input, of at most 60,000 bytes, to its output. */
    private static final byte[] COPY = Wat.command("""
            (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 60000))
            (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (i32.store (i32.const 4) (i32.load (i32.const 8)))
            (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            """);

    private static final byte[] TRAP = Wat.command("unreachable");

    @TempDir
    private Path directory;

    private record Kind(byte[] module, ExecutionStatus status) {}

    private record Begun(Kind kind, String input, CompletableFuture<ExecuteResponse> reply) {}

    @Test
    void abortsOfTheEngineCostTheirOwnRunsAndNoEvent() {
        TestDatabase database = POSTGRES.createDatabase();
        database.jdbi().useHandle(handle -> handle.execute("""
                INSERT INTO subscription_tiers
                    (name, executions_per_minute, executions_per_day, memory_mib, run_time_ms, max_concurrency)
                VALUES ('Mixed', 1000000, 1000000, 64, 60000, 100)
                """));
        Tenant tenant = Tenant.create(database, "Mixed");
        String topic = KAFKA.newTopic(3);
        Map<String, ExecuteResponse> told = new HashMap<>();
        int aborts = 0;
        try (ExecutionLogReader log = new ExecutionLogReader(KAFKA.bootstrapServers(), topic);
                ExecutorFixture executor = ExecutorFixture.start(
                        database.url("wasmwiz_executor"),
                        KAFKA.bootstrapServers(),
                        topic,
                        "--sandbox-launcher=" + UncheckedSandboxMain.launcher(directory),
                        "--free-crashes-per-day=1000",
                        "--quarantine-after=100",
                        "--max-queue-wait=5m",
                        "--drain-timeout=30s")) {
            await().until(executor::isReady);
            Deque<Begun> begun = new ArrayDeque<>();
            for (int i = 0; i < RUNS; i++) {
                Kind kind = kind(i);
                aborts += kind.status() == ExecutionStatus.EXECUTION_STATUS_SANDBOX_CRASHED ? 1 : 0;
                String input = "input " + i;
                begun.add(new Begun(kind, input, executor.begin(tenant.key(), request(kind, input))));
                if (begun.size() == IN_FLIGHT) {
                    told(begun.remove(), told);
                }
            }
            begun.forEach(run -> told(run, told));

            assertThat(aborts).isEqualTo(RUNS / ONE_IN);
            assertThat(told).hasSize(RUNS);
            List<ExecutionEvent> events = log.awaitExecutions(tenant.accountId(), RUNS);
            assertThat(events)
                    .extracting(event ->
                            ExecutionLogReader.uuid(event.getExecutionId()).toString())
                    .containsExactlyInAnyOrderElementsOf(told.keySet());
            for (ExecutionEvent event : events) {
                String id = ExecutionLogReader.uuid(event.getExecutionId()).toString();
                ReceiptAndEvent.assertAgree(Objects.requireNonNull(told.get(id)).getReceipt(), event);
            }
        }
    }

    private static void told(Begun run, Map<String, ExecuteResponse> told) {
        assertThat(run.reply()).as(run.input()).succeedsWithin(300, TimeUnit.SECONDS);
        ExecuteResponse response = run.reply().join();
        assertThat(response.getReceipt().getStatus())
                .as(run.input())
                .isEqualTo(run.kind().status());
        boolean copies = run.kind().module() == COPY;
        assertThat(response.getStdout().toStringUtf8()).as(run.input()).isEqualTo(copies ? run.input() : "");
        told.put(response.getReceipt().getExecutionId(), response);
    }

    /** Aborting runs lie between runs of all other kinds. */
    private static Kind kind(int i) {
        if (i % ONE_IN == ONE_IN / 2) {
            return new Kind(aborting(i / ONE_IN % ABORTING_MODULES), ExecutionStatus.EXECUTION_STATUS_SANDBOX_CRASHED);
        }
        return switch (i % 7) {
            case 1 -> new Kind(Programs.exit(3), ExecutionStatus.EXECUTION_STATUS_FAILED);
            case 3 -> new Kind(TRAP, ExecutionStatus.EXECUTION_STATUS_TRAPPED);
            case 5 ->
                i % 35 == 5
                        ? new Kind(Programs.LOOP, ExecutionStatus.EXECUTION_STATUS_TIMED_OUT)
                        : new Kind(COPY, ExecutionStatus.EXECUTION_STATUS_COMPLETED);
            default -> new Kind(COPY, ExecutionStatus.EXECUTION_STATUS_COMPLETED);
        };
    }

    private static byte[] aborting(int number) {
        return Wat.wasm("""
                (module
                  (table $t 1 externref)
                  (memory (export "memory") 1)
                  (func (export "%s") (result i32) (i32.const %d))
                  (func (export "_start") (drop (table.grow $t (ref.null extern) (i32.const -2)))))
                """.formatted(UncheckedSandboxMain.MARK, number));
    }

    private static ExecuteRequest request(Kind kind, String input) {
        ExecuteRequest.Builder request =
                Programs.inline(kind.module()).toBuilder().setInput(ByteString.copyFromUtf8(input));
        if (kind.module() == Programs.LOOP) {
            request.setLimits(
                    Limits.newBuilder().setRunTime(Duration.newBuilder().setNanos(50_000_000)));
        }
        return request.build();
    }
}

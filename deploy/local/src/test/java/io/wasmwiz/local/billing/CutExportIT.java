package io.wasmwiz.local.billing;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.wasmwiz.local.billing.Caller.Answer.Acknowledged;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.v1.ExportUsageRequest;
import io.wasmwiz.v1.ExportUsageResponse;
import io.wasmwiz.v1.UsageRow;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** An export that is cut again and again while executions and metering go on, and its worker is killed. */
final class CutExportIT {
    private static final int CUTS = 100;
    private static final int KILL_EVERY_CUTS = 25;
    private static final int MOST_MESSAGES = 6;
    private static final long SEED = 10;
    private static final String LEDGER = "SELECT execution_id FROM usage_logs";

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private final BillingStack stack = new BillingStack(
            POSTGRES.createDatabase(), KAFKA.bootstrapServers(), KAFKA.newTopic(3), 1_000_000, 100_000);

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        stack.close();
    }

    @Test
    void sendsEveryExecutionOnceWhereverItIsCutAndWhoeverGoesOn() throws Exception {
        String[] flags = {
            "--sandbox-mode=in-process",
            "--sandbox-workers=1",
            "--export-page-rows=5",
            "--export-follow-interval=20ms",
            "--usage-token-keys=1:" + "A".repeat(43) + "="
        };
        List<Caller> executors = List.of(stack.executor("one", flags), stack.executor("two", flags));
        ForkedService worker = stack.forkWorker(directory);
        AtomicBoolean enough = new AtomicBoolean();
        CompletableFuture<List<UUID>> executions =
                CompletableFuture.supplyAsync(() -> execute(executors.get(0), enough));
        Random random = new Random(SEED);
        List<UUID> union = new ArrayList<>();
        String token = "";
        for (int cut = 1; cut <= CUTS; cut++) {
            if (cut % KILL_EVERY_CUTS == 0) {
                worker.kill();
                worker = stack.forkWorker(directory);
            }
            ExportUsageRequest request = ExportUsageRequest.newBuilder()
                    .setResumeToken(token)
                    .setFollow(random.nextBoolean())
                    .build();
            token = take(executors.get(random.nextInt(2)), request, union, 1 + random.nextInt(MOST_MESSAGES));
        }
        enough.set(true);
        List<UUID> acknowledged = executions.join();
        stack.awaitNumber("SELECT count(*) FROM usage_logs", acknowledged.size());
        take(
                executors.get(1),
                ExportUsageRequest.newBuilder().setResumeToken(token).build(),
                union,
                Integer.MAX_VALUE);

        assertThat(union)
                .as("seed %d", SEED)
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(acknowledged)
                .containsExactlyInAnyOrderElementsOf(stack.ids(LEDGER));
        assertThat(union).hasSizeGreaterThan(CUTS);
    }

    private static List<UUID> execute(Caller executor, AtomicBoolean enough) {
        List<UUID> acknowledged = new ArrayList<>();
        while (!enough.get()) {
            acknowledged.add(((Acknowledged) executor.call(Caller.sample("hello"))).executionId());
        }
        return acknowledged;
    }

    /** Reads some messages and hangs up; returns the token of the last one. */
    private static String take(Caller executor, ExportUsageRequest request, List<UUID> union, int messages) {
        String token = request.getResumeToken();
        try (Context.CancellableContext call = Context.current().withCancellation()) {
            Context before = call.attach();
            try {
                Iterator<ExportUsageResponse> stream = executor.export(request);
                for (int i = 0; i < messages && stream.hasNext(); i++) {
                    ExportUsageResponse message = stream.next();
                    for (UsageRow row : message.getRowsList()) {
                        union.add(UUID.fromString(row.getReceipt().getExecutionId()));
                    }
                    token = message.getResumeToken();
                }
            } finally {
                call.detach(before);
            }
        }
        return token;
    }
}

package io.wasmwiz.local.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.local.billing.Caller.Answer.Acknowledged;
import io.wasmwiz.local.billing.Caller.Answer.Failed;
import io.wasmwiz.metering.MeteringWorker;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** An executor's process that stands still beyond every time-out with runs under way, and goes on afterwards. */
final class StoppedExecutorIT {
    private static final int PER_DAY = 12;
    private static final int UNDER_WAY = 2;
    private static final String LEASES_OPEN = "SELECT count(*) FROM quota_leases WHERE state <> 'closed'";

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    private final BillingStack stack = new BillingStack(
            POSTGRES.createDatabase(), KAFKA.bootstrapServers(), KAFKA.newTopic(1), 1_000_000, PER_DAY);

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        stack.close();
    }

    @Test
    void overshootsNothingAndItsLateRunsAreNotCharged() throws Exception {
        MeteringWorker metering = stack.worker();
        ForkedService stopped = stack.forkExecutor(
                directory, "stopped", "--sandbox-processes=" + UNDER_WAY, "--sandbox-max-processes=" + UNDER_WAY);
        Caller itsCaller = stack.callerOf(stopped);
        for (int i = 0; i < 3; i++) {
            assertThat(itsCaller.call(Caller.sample("hello"))).isInstanceOf(Acknowledged.class);
        }
        List<CompletableFuture<Caller.Answer>> underWay = Stream.generate(
                        () -> itsCaller.begin(Caller.sample("sleep", "1")))
                .limit(UNDER_WAY)
                .toList();
        await().atMost(BillingStack.PATIENCE)
                .until(() -> itsCaller.metric("wasmwiz_sandbox_tasks_in_progress") == UNDER_WAY);
        stopped.suspend();

        // Metering ends its leases, and the units that they had left are the other's.
        stack.awaitNumber(LEASES_OPEN, 0);
        assertThat(stack.charged()).isEqualTo(3);
        Caller other = stack.executor("other", "--sandbox-mode=in-process");
        Caller.Answer answer = other.call(Caller.sample("hello"));
        while (answer instanceof Acknowledged) {
            answer = other.call(Caller.sample("hello"));
        }
        assertThat(answer)
                .isInstanceOfSatisfying(
                        Failed.class, refused -> assertThat(refused.reason()).isEqualTo("DAILY_QUOTA_SPENT"));
        stack.awaitNumber("SELECT count(*) FROM usage_logs WHERE charged", PER_DAY);
        assertThat(underWay).noneMatch(CompletableFuture::isDone);

        stopped.proceed();

        assertThat(underWay.stream().map(CompletableFuture::join).toList())
                .allSatisfy(late -> assertThat(late)
                        .isInstanceOfSatisfying(
                                Failed.class,
                                unknown -> assertThat(unknown.reason()).isEqualTo("OUTCOME_UNKNOWN")));
        stack.awaitNumber("SELECT count(*) FROM usage_logs WHERE uncharged_cause = 'late'", UNDER_WAY);
        // It ends its leases, too, when it has come to itself.
        await().atMost(BillingStack.PATIENCE).until(() -> closes(metering, "repeated") >= 1);
        stack.awaitNumber(LEASES_OPEN, 0);
        assertThat(closes(metering, "settled")).isEqualTo(stack.number("SELECT count(*) FROM quota_leases"));
        assertThat(closes(metering, "unknown")).isZero();
        assertThat(stack.charged()).isEqualTo(PER_DAY);
        assertThat(stack.held()).isEqualTo(PER_DAY);
        assertThat(stack.number("SELECT sum(charged) FROM quota_leases")).isEqualTo(PER_DAY);
        stack.assertReconciled(directory);
    }

    private static long closes(MeteringWorker metering, String outcome) throws Exception {
        String name = "wasmwiz_metering_lease_closes_total{outcome=\"" + outcome + "\"} ";
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + metering.adminPort() + "/metrics"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length())))
                .sum();
    }
}

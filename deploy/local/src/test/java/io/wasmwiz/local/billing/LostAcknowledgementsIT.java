package io.wasmwiz.local.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.embedded.EmbeddedKafka;
import io.wasmwiz.embedded.proxy.FaultyProxy;
import io.wasmwiz.embedded.proxy.FaultyProxy.Kind;
import io.wasmwiz.embedded.proxy.NetworkFaults;
import io.wasmwiz.local.billing.Caller.Answer.Acknowledged;
import io.wasmwiz.local.billing.Caller.Answer.Failed;
import io.wasmwiz.testing.PostgresExtension;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A network between executor and broker that loses, cuts and holds up the broker's answers at random. */
final class LostAcknowledgementsIT {
    private static final int CLIENTS = 8;
    private static final long SEED = 7;

    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    private final Queue<UUID> acknowledged = new ConcurrentLinkedQueue<>();
    private final Queue<UUID> unknown = new ConcurrentLinkedQueue<>();
    private final Queue<String> refused = new ConcurrentLinkedQueue<>();

    @TempDir
    private Path directory;

    @Test
    void chargesWhatIsAcknowledgedAndNothingBeyondWhatIsUnknown() throws Exception {
        try (FaultyProxy proxy = FaultyProxy.start();
                EmbeddedKafka kafka = EmbeddedKafka.startBehind(directory.resolve("kafka"), proxy.port())) {
            proxy.forwardTo(kafka.proxiedPort());
            kafka.createTopic("billed", 1);
            try (BillingStack stack = new BillingStack(
                    POSTGRES.createDatabase(), kafka.bootstrapServers(), "billed", 1_000_000, 1_000_000)) {
                stack.worker();
                Caller caller = stack.executorOn("127.0.0.1:" + proxy.port(), "proxied", "--sandbox-mode=in-process");
                proxy.faults(NetworkFaults.random(SEED, 0.01, 0.01, 0.1, Duration.ofMillis(20)));
                callUntil(
                        caller,
                        () -> acknowledged.size() >= 200
                                && unknown.size() >= 5
                                && proxy.count(Kind.CUT) > 0
                                && proxy.count(Kind.LOST) > 0);
                proxy.faults(NetworkFaults.none());
                // What the producer had in hand is in the log before this.
                int before = acknowledged.size();
                callUntil(caller, () -> acknowledged.size() >= before + 20);

                Set<UUID> certain = new HashSet<>(acknowledged);
                Set<UUID> possible = new HashSet<>(certain);
                possible.addAll(unknown);
                await().atMost(BillingStack.PATIENCE)
                        .untilAsserted(() -> assertThat(charged(stack)).containsAll(certain));
                stack.assertReconciled(directory);
                List<UUID> rows = charged(stack);
                assertThat(rows).doesNotHaveDuplicates().containsAll(certain);
                assertThat(possible).containsAll(rows);
                assertThat(stack.charged()).isEqualTo(rows.size());
                assertThat(refused).allMatch(reason -> reason.equals("EVENT_LOG_UNAVAILABLE"));
            }
        }
    }

    private void callUntil(Caller caller, BooleanSupplier enough) throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        AtomicBoolean stop = new AtomicBoolean();
        try {
            for (int i = 0; i < CLIENTS; i++) {
                Future<?> unused = clients.submit(() -> {
                    while (!stop.get()) {
                        note(caller.call(Caller.sample("hello")));
                    }
                });
            }
            await().atMost(BillingStack.PATIENCE).until(enough::getAsBoolean);
        } finally {
            stop.set(true);
            clients.shutdown();
            assertThat(clients.awaitTermination(BillingStack.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        }
    }

    private void note(Caller.Answer answer) {
        if (answer instanceof Acknowledged ran) {
            acknowledged.add(ran.executionId());
        } else if (answer instanceof Failed failed && failed.reason().equals("OUTCOME_UNKNOWN")) {
            unknown.add(failed.executionId());
        } else if (answer instanceof Failed failed) {
            refused.add(failed.reason());
        }
    }

    private static List<UUID> charged(BillingStack stack) {
        return stack.ids("SELECT execution_id FROM usage_logs WHERE charged");
    }
}

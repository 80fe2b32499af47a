package io.wasmwiz.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dependencies are killed under a trickle of calls; nothing is lost, doubled or made up. */
class OutageIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void refusesWhilePostgresAndThenKafkaAreAwayAndBalancesAfterwards(@TempDir Path directory) throws Exception {
        byte[] module = Files.readAllBytes(Program.HOME.resolve("deploy/samples/upper.wasm"));
        try (KillableStack stack = KillableStack.start(directory);
                Trickle trickle = Trickle.start("127.0.0.1:" + stack.executor.grpcPort(), stack.apiKey, module)) {
            awaitMore(trickle.acknowledged::size);

            stack.postgres.kill();
            awaitMore(trickle.refused::size);
            stack.postgres.restart();
            awaitMore(trickle.acknowledged::size);

            stack.kafka.kill();
            awaitMore(trickle.refused::size);
            stack.kafka.restart();
            awaitMore(trickle.acknowledged::size);

            trickle.stop();

            Set<UUID> acknowledged = new HashSet<>(trickle.acknowledged);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(charged(stack)).containsAll(acknowledged));
            List<UUID> rows = charged(stack);
            assertThat(rows).doesNotHaveDuplicates();
            assertThat(rows.size()).isBetween(acknowledged.size(), acknowledged.size() + trickle.unknown.size());
            assertThat(trickle.refused).allMatch(Trickle.Refusal::saysWhenToRetry);
            System.out.printf(
                    "outage: %d acknowledged, %d charged rows, %d refused, %d without a definitive answer%n",
                    acknowledged.size(), rows.size(), trickle.refused.size(), trickle.unknown.size());
        }
    }

    private static void awaitMore(java.util.function.IntSupplier count) {
        int enough = count.getAsInt() + 20;
        await().atMost(PATIENCE).until(() -> count.getAsInt() >= enough);
    }

    private static List<UUID> charged(KillableStack stack) {
        return stack.jdbi()
                .withHandle(handle -> handle.createQuery("SELECT execution_id FROM usage_logs WHERE charged")
                        .mapTo(UUID.class)
                        .list());
    }
}

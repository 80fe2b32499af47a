package io.wasmwiz.executor.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.embedded.ForkedKafka;
import io.wasmwiz.executor.events.ExecutionEvents.Publication;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log while its broker dies and comes back. */
class KilledBrokerIT {
    private static final String TOPIC = "executions";
    /** For a busy machine. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final int MAX_IN_FLIGHT = 50;

    @TempDir
    private Path directory;

    @Test
    void noThreadBlocksNothingAcknowledgedIsLostAndServiceResumesByItself() throws Exception {
        try (ForkedKafka kafka = ForkedKafka.start(directory.resolve("kafka"), 0)) {
            kafka.createTopic(TOPIC, 3);
            Set<UUID> acknowledged = ConcurrentHashMap.newKeySet();
            Set<UUID> refused = ConcurrentHashMap.newKeySet();
            try (KafkaExecutionEvents events = open(kafka)) {
                await().atMost(PATIENCE).until(events::isAccepting);
                publish(events, 200, 20, acknowledged, refused);
                assertThat(acknowledged).hasSize(200);

                kafka.kill();
                List<CompletableFuture<Publication>> whileAway =
                        publishAll(events, MAX_IN_FLIGHT + 20, acknowledged, refused);
                assertThat(whileAway.subList(MAX_IN_FLIGHT, MAX_IN_FLIGHT + 20))
                        .as("beyond the bound, each was refused at once")
                        .allSatisfy(one -> assertThat(one).isCompletedWithValue(Publication.REFUSED));
                await().atMost(PATIENCE).until(() -> !events.isAccepting());
                // Delivery time-outs pass: whether an attempt was written cannot be known.
                assertThat(whileAway.subList(0, MAX_IN_FLIGHT))
                        .allSatisfy(one -> assertThat(
                                        one.orTimeout(60, TimeUnit.SECONDS).join())
                                .isEqualTo(Publication.UNRESOLVED));
                assertThat(events.isAccepting())
                        .as("no record in flight, and no broker")
                        .isFalse();

                kafka.restart();
                await().atMost(PATIENCE).until(events::isAccepting);
                publish(events, 200, 20, acknowledged, refused);
                assertThat(acknowledged).hasSize(400);
            }
            Set<UUID> written = new HashSet<>();
            for (var message : LogReader.readMessages(kafka.bootstrapServers(), TOPIC)) {
                ByteBuffer id = message.getExecution().getExecutionId().asReadOnlyByteBuffer();
                assertThat(written.add(new UUID(id.getLong(), id.getLong())))
                        .as("written once")
                        .isTrue();
            }
            assertThat(written).containsAll(acknowledged).doesNotContainAnyElementsOf(refused);
        }
    }

    private static void publish(
            KafkaExecutionEvents events, int total, int atOnce, Set<UUID> acknowledged, Set<UUID> refused) {
        for (int sent = 0; sent < total; sent += atOnce) {
            publishAll(events, atOnce, acknowledged, refused)
                    .forEach(one -> one.orTimeout(60, TimeUnit.SECONDS).join());
        }
    }

    private static List<CompletableFuture<Publication>> publishAll(
            KafkaExecutionEvents events, int count, Set<UUID> acknowledged, Set<UUID> refused) {
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    ExecutionRecord execution = ExecutionRecords.trapped(UUID.randomUUID());
                    return events.publish(execution)
                            .thenApply(publication -> {
                                if (publication == Publication.DURABLE) {
                                    acknowledged.add(execution.executionId());
                                } else if (publication == Publication.REFUSED) {
                                    refused.add(execution.executionId());
                                }
                                return publication;
                            })
                            .toCompletableFuture();
                })
                .toList();
    }

    private static KafkaExecutionEvents open(ForkedKafka kafka) {
        return KafkaExecutionEvents.open(
                new EventsConfig(
                        kafka.bootstrapServers(),
                        TOPIC,
                        "executor-1",
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(1),
                        MAX_IN_FLIGHT,
                        1 << 20,
                        Map.of()),
                new SimpleMeterRegistry());
    }
}

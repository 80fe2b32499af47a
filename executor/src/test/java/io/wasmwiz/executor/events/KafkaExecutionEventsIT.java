package io.wasmwiz.executor.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.events.v1.ExecutionLogRecord;
import io.wasmwiz.executor.events.ExecutionEvents.Publication;
import io.wasmwiz.testing.KafkaExtension;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class KafkaExecutionEventsIT {
    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    /** For a busy machine. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

    @Test
    void whatIsDurableIsInTheTopicInTheOrderOfItsAccount() throws Exception {
        String topic = KAFKA.newTopic(3);
        UUID account = UUID.randomUUID();
        UUID lease = UUID.randomUUID();
        List<ExecutionRecord> executions = Stream.generate(() -> ExecutionRecords.trapped(account))
                .limit(100)
                .toList();
        try (KafkaExecutionEvents events = open(KAFKA.bootstrapServers(), topic)) {
            await().atMost(PATIENCE).until(events::isAccepting);
            List<CompletableFuture<Publication>> published = executions.stream()
                    .map(execution -> events.publish(execution).toCompletableFuture())
                    .toList();
            CompletableFuture<Publication> closed =
                    events.closeLease(account, lease).toCompletableFuture();

            assertThat(published).allSatisfy(one -> assertThat(get(one)).isEqualTo(Publication.DURABLE));
            assertThat(get(closed)).isEqualTo(Publication.DURABLE);
        }

        List<ConsumerRecord<byte[], byte[]>> records = LogReader.readAll(KAFKA.bootstrapServers(), topic);
        assertThat(records).hasSize(101);
        assertThat(records)
                .allSatisfy(record -> assertThat(record.key()).asString().isEqualTo(ExecutionLog.key(account)));
        assertThat(records.stream().map(ConsumerRecord::partition).distinct()).hasSize(1);
        List<ExecutionLogRecord> messages = LogReader.readMessages(KAFKA.bootstrapServers(), topic);
        assertThat(messages.subList(0, 100).stream()
                        .map(message -> message.getExecution().getExecutionId()))
                .containsExactlyElementsOf(executions.stream()
                        .map(execution -> bytes(execution.executionId()))
                        .toList());
        assertThat(messages.get(100).getLeaseClosed().getLeaseId()).isEqualTo(bytes(lease));
        assertThat(metrics.counter("wasmwiz.events.published", "publication", "durable")
                        .count())
                .isEqualTo(101);
    }

    @Test
    void aMissingTopicIsAFaultThatNamesItAndEndsWhenItIsMade() {
        String topic = "made-later-" + UUID.randomUUID();
        try (KafkaExecutionEvents events = open(KAFKA.bootstrapServers(), topic)) {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThatThrownBy(events::probe)
                            .isInstanceOf(LogUnavailableException.class)
                            .hasMessageContaining("topic '" + topic + "' does not exist"));
            assertThat(events.isAccepting()).isFalse();
            assertThat(get(events.publish(ExecutionRecords.trapped(UUID.randomUUID()))
                            .toCompletableFuture()))
                    .isEqualTo(Publication.REFUSED);

            KAFKA.createTopic(topic, 2);

            await().atMost(PATIENCE).until(events::isAccepting);
            assertThatCode(events::probe).doesNotThrowAnyException();
            assertThat(get(events.publish(ExecutionRecords.trapped(UUID.randomUUID()))
                            .toCompletableFuture()))
                    .isEqualTo(Publication.DURABLE);
        }
    }

    @Test
    void aMinimumAboveTheNumberOfReplicasKeepsNobodyFromPublishing() throws Exception {
        String topic = KAFKA.newTopic(2);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", KAFKA.bootstrapServers()))) {
            setMinimumInSyncReplicas(admin, topic, 2);
        }
        try (KafkaExecutionEvents events = open(KAFKA.bootstrapServers(), topic)) {
            await().atMost(PATIENCE).until(events::isAccepting);

            assertThat(get(events.publish(ExecutionRecords.trapped(UUID.randomUUID()))
                            .toCompletableFuture()))
                    .isEqualTo(Publication.DURABLE);
        }
    }

    private static void setMinimumInSyncReplicas(Admin admin, String topic, int minimum) throws Exception {
        AlterConfigOp change = new AlterConfigOp(
                new ConfigEntry(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, Integer.toString(minimum)),
                AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic), List.of(change)))
                .all()
                .get(60, TimeUnit.SECONDS);
    }

    @Test
    void opensWithoutABrokerAndRefusesAtOnce() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        try (KafkaExecutionEvents events = open("127.0.0.1:" + port, "nowhere")) {
            assertThat(events.isAccepting()).isFalse();
            assertThat(events.publish(ExecutionRecords.trapped(UUID.randomUUID()))
                            .toCompletableFuture())
                    .isCompletedWithValue(Publication.REFUSED);
            assertThatThrownBy(events::probe).isInstanceOf(LogUnavailableException.class);
        }
    }

    @Test
    void opensThoughTheBrokersNameDoesNotResolve() {
        try (KafkaExecutionEvents events = open("no-such-broker.invalid:9092", "nowhere")) {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThatThrownBy(events::probe)
                            .hasMessageContaining("no connection to Kafka at no-such-broker.invalid:9092"));
            assertThat(events.isAccepting()).isFalse();
        }
    }

    @Test
    void refusesWhatIsPublishedAfterClose() {
        KafkaExecutionEvents events = open(KAFKA.bootstrapServers(), KAFKA.newTopic(1));
        await().atMost(PATIENCE).until(events::isAccepting);

        events.close();

        assertThat(events.isAccepting()).isFalse();
        assertThat(events.publish(ExecutionRecords.trapped(UUID.randomUUID())).toCompletableFuture())
                .isCompletedWithValue(Publication.REFUSED);
    }

    @Test
    void closingWaitsForWhatIsInFlight() {
        KafkaExecutionEvents events = open(KAFKA.bootstrapServers(), KAFKA.newTopic(1));
        await().atMost(PATIENCE).until(events::isAccepting);
        List<CompletableFuture<Publication>> published = IntStream.range(0, 1_000)
                .mapToObj(i -> events.publish(ExecutionRecords.trapped(UUID.randomUUID()))
                        .toCompletableFuture())
                .toList();

        events.close();

        assertThat(published).allSatisfy(one -> assertThat(one).isCompletedWithValue(Publication.DURABLE));
    }

    private KafkaExecutionEvents open(String bootstrapServers, String topic) {
        return KafkaExecutionEvents.open(
                new EventsConfig(
                        bootstrapServers,
                        topic,
                        "executor-1",
                        PATIENCE,
                        Duration.ofSeconds(1),
                        10_000,
                        32 << 20,
                        Map.of()),
                metrics);
    }

    private static Publication get(CompletableFuture<Publication> publication) {
        return publication.orTimeout(60, TimeUnit.SECONDS).join();
    }

    private static ByteString bytes(UUID id) {
        return ByteString.copyFrom(ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array());
    }
}

package io.wasmwiz.embedded;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class EmbeddedKafkaIT {
    private static final String TOPIC = "words";

    private WorkDirectory work;
    private Path directory;

    @BeforeEach
    void createDirectory() throws IOException {
        work = WorkDirectory.create();
        directory = work.resolve("kafka");
    }

    @AfterEach
    void deleteDirectory() throws IOException {
        work.close();
    }

    @Test
    void keepsRecordsAndGroupsWhenStoppedAndStarted() throws Exception {
        int port;
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory, 0)) {
            port = Integer.parseInt(kafka.bootstrapServers().replace("127.0.0.1:", ""));
            kafka.createTopic(TOPIC, 3);
            send(kafka.bootstrapServers(), "first", "second");
            assertThat(readNew(kafka.bootstrapServers(), 2)).containsExactlyInAnyOrder("first", "second");
        }
        assertThat(FreePort.isFree(port)).isTrue();
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory, port)) {
            assertThat(kafka.bootstrapServers()).isEqualTo("127.0.0.1:" + port);
            send(kafka.bootstrapServers(), "third");
            assertThat(readNew(kafka.bootstrapServers(), 1)).containsExactly("third");
        }
    }

    @Test
    void makesATopicOnceAndRefusesAnotherNumberOfPartitions() {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory, 0)) {
            kafka.createTopic(TOPIC, 3);
            kafka.createTopic(TOPIC, 3);
            assertThatThrownBy(() -> kafka.createTopic(TOPIC, 4))
                    .isInstanceOf(EmbeddedServerException.class)
                    .hasMessageContaining("topic words has 3 partitions and 4 are wanted");
        }
    }

    @Test
    void refusesADirectoryInUse() {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory, 0)) {
            assertThat(kafka.bootstrapServers()).isNotEmpty();
            assertThatThrownBy(() -> EmbeddedKafka.start(directory, 0).close())
                    .isInstanceOf(EmbeddedServerException.class)
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void refusesAPortInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() ->
                            EmbeddedKafka.start(directory, taken.getLocalPort()).close())
                    .isInstanceOf(EmbeddedServerException.class)
                    .hasMessageContaining("port " + taken.getLocalPort());
        }
    }

    @Test
    void forkedKeepsWhatItAcknowledgedWhenKilled() throws Exception {
        try (ForkedKafka kafka = ForkedKafka.start(directory, 0)) {
            kafka.createTopic(TOPIC, 1);
            send(kafka.bootstrapServers(), "acknowledged");
            String before = kafka.bootstrapServers();

            kafka.kill();
            kafka.restart();

            assertThat(kafka.bootstrapServers()).isEqualTo(before);
            assertThat(readNew(kafka.bootstrapServers(), 1)).containsExactly("acknowledged");
        }
        // Closed in order: nothing holds the directory any more.
        EmbeddedKafka.start(directory, 0).close();
    }

    @Test
    void forkedDiesWithItsParent() throws Exception {
        Process parent = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ForkInAnotherJvm.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var answers = parent.inputReader()) {
            assertThat(answers.readLine()).startsWith("127.0.0.1:");
        }
        List<ProcessHandle> brokers = parent.descendants().toList();
        assertThat(brokers).hasSize(1);

        parent.destroyForcibly();

        await().atMost(40, SECONDS).until(() -> brokers.stream().noneMatch(ProcessHandle::isAlive));
    }

    @Test
    void forkedSaysWhereToLookWhenItDoesNotStart() {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory, 0)) {
            assertThat(kafka.bootstrapServers()).isNotEmpty();
            assertThatThrownBy(() -> ForkedKafka.start(directory, 0).close())
                    .isInstanceOf(EmbeddedServerException.class)
                    .hasMessageContaining("broker.log");
            assertThat(directory.resolve("broker.log")).content().contains("in use");
        }
    }

    private static void send(String bootstrapServers, String... values) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers, ProducerConfig.ACKS_CONFIG, "all"),
                new StringSerializer(),
                new StringSerializer())) {
            for (String value : values) {
                producer.send(new ProducerRecord<>(TOPIC, value, value)).get(30, SECONDS);
            }
        }
    }

    // Reads on as one consumer group that commits.
    private static List<String> readNew(String bootstrapServers, int count) {
        List<String> values = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.GROUP_ID_CONFIG,
                        "readers",
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "earliest"),
                new StringDeserializer(),
                new StringDeserializer())) {
            consumer.subscribe(List.of(TOPIC));
            await().atMost(30, SECONDS).until(() -> {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
                return values.size() >= count;
            });
            consumer.commitSync();
        }
        return values;
    }

    /** Forks a broker, says where it serves, and stays until it is killed. */
    static final class ForkInAnotherJvm {
        private ForkInAnotherJvm() {}

        public static void main(String[] arguments) throws InterruptedException {
            System.out.println(ForkedKafka.start(Path.of(arguments[0]), 0).bootstrapServers());
            Thread.currentThread().join();
        }
    }
}

package io.wasmwiz.testing;

import io.wasmwiz.embedded.EmbeddedKafka;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Gives a test class topics of its own on one broker of this JVM, which starts with the first and stops with the JVM. A
 * test that kills its broker starts an {@link io.wasmwiz.embedded.ForkedKafka} of its own. Thread-safe.
 */
public final class KafkaExtension implements BeforeAllCallback {
    private static final AtomicInteger TOPICS = new AtomicInteger();

    /** For clients: {@code 127.0.0.1:port}. */
    public String bootstrapServers() {
        return Started.BROKER.bootstrapServers();
    }

    /** A new topic that nobody else uses. */
    public String newTopic(int partitions) {
        String name = "test-" + TOPICS.incrementAndGet();
        createTopic(name, partitions);
        return name;
    }

    /** Makes a topic of this name, unless another test has done so; its records may be there too, then. */
    public void createTopic(String name, int partitions) {
        Started.BROKER.createTopic(name, partitions);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        bootstrapServers();
    }

    private static final class Started {
        static final EmbeddedKafka BROKER = start();

        private static EmbeddedKafka start() {
            TestDirectory directory = TestDirectory.create("kafka");
            EmbeddedKafka broker = EmbeddedKafka.start(directory.path(), 0);
            directory.deleteAtExitAfter(broker);
            return broker;
        }
    }
}

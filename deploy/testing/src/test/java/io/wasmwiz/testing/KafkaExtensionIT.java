package io.wasmwiz.testing;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class KafkaExtensionIT {
    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    @Test
    void makesTopicsOfOnesOwnAndByName() throws Exception {
        String first = KAFKA.newTopic(1);
        String second = KAFKA.newTopic(2);
        KAFKA.createTopic("by-name", 3);
        KAFKA.createTopic("by-name", 3);

        assertThat(first).isNotEqualTo(second);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", KAFKA.bootstrapServers()))) {
            assertThat(admin.listTopics().names().get(30, SECONDS)).contains(first, second, "by-name");
        }
    }
}

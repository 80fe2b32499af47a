package io.wasmwiz.executor.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EventsConfigTest {
    @Test
    void defaultsAreTheDocumentedOnes() {
        EventsConfig defaults = EventsConfig.defaults("kafka-1:9092,kafka-2:9092", "executor-1");
        Problems problems = new Problems();
        defaults.check(problems);
        problems.check();

        assertThat(defaults)
                .isEqualTo(new EventsConfig(
                        "kafka-1:9092,kafka-2:9092",
                        "wasmwiz.executions.v1",
                        "executor-1",
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(1),
                        50_000,
                        33_554_432,
                        Map.of()));
    }

    @Test
    void namesEveryFault() {
        Problems problems = new Problems();
        new EventsConfig("kafka", "a b", "", Duration.ofMillis(999), Duration.ZERO, 0, 1, Map.of("acks", "1"))
                .check(problems);

        assertThatThrownBy(problems::check)
                .hasMessageContainingAll(
                        "--kafka-bootstrap-servers must be host:port",
                        "was 'kafka'",
                        "--kafka-topic",
                        "--executor-id",
                        "--event-delivery-timeout in ms must be 1000 to 120000, was 999",
                        "--event-stall-bound",
                        "--event-max-in-flight",
                        "--event-buffer-bytes",
                        "--kafka-property may set ssl.*, sasl.* and security.protocol, not 'acks'");
    }

    @Test
    void textFormWithholdsClientProperties() {
        EventsConfig config = new EventsConfig(
                "kafka:9092",
                "topic",
                "executor-1",
                Duration.ofSeconds(10),
                Duration.ofSeconds(1),
                1,
                1 << 20,
                Map.of("sasl.jaas.config", "password-1"));

        assertThat(config.toString()).doesNotContain("password-1");
    }
}

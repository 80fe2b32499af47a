package io.wasmwiz.executor.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LogProbeTest {
    @Test
    void anErrorIsAFaultAndTheProbeGoesOn() {
        AtomicInteger attempts = new AtomicInteger();
        try (LogProbe probe = LogProbe.start(EventsConfig.defaults("127.0.0.1:9092", "executor-1"), config -> {
            throw new LinkageError("boom " + attempts.incrementAndGet());
        })) {
            await().untilAsserted(() -> assertThat(probe.fault())
                    .isNotNull()
                    .hasMessageContaining("the probe failed")
                    .hasMessageContaining("boom"));
            await().until(() -> attempts.get() >= 2);
        }
    }
}

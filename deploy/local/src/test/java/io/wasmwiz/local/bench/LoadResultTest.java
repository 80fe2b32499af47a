package io.wasmwiz.local.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.google.gson.JsonParser;
import io.wasmwiz.embedded.EmbeddedServerException;
import org.junit.jupiter.api.Test;

class LoadResultTest {
    private static LoadResult result(int failures) {
        return new LoadResult(0, JsonParser.parseString("""
                        {"replies": 10, "failures": %d, "not_sent": 0, "replies_per_second": 5.5,
                         "latency_us": {"p50": 1500},
                         "cpu_us_per_call": {"this client": 1.5, "executor-1": 2, "sandbox-0": 3, "sandbox-1": 4,
                                             "broker-1": 5, "controller": 0.5, "metering-1": 6, "postgresql": 7}}
                        """.formatted(failures)).getAsJsonObject());
    }

    @Test
    void addsUpTheProcessorTimeOfEachGroupOfProcesses() {
        assertThat(result(0).cpuMicros())
                .containsExactly(
                        entry("client", 1.5),
                        entry("executor", 2.0),
                        entry("sandboxes", 7.0),
                        entry("broker", 5.5),
                        entry("metering", 6.0),
                        entry("PostgreSQL", 7.0));
        assertThat(result(0).allCpuMicros()).isEqualTo(29);
    }

    @Test
    void refusesFiguresBesideFailures() {
        assertThat(result(0).requireNoFailure().latencyMillis("p50")).isEqualTo(1.5);
        assertThatThrownBy(() -> result(1).requireNoFailure()).isInstanceOf(EmbeddedServerException.class);
    }
}

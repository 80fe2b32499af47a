package io.wasmwiz.executor.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AdmissionConfigTest {
    @Test
    void defaultsAreTheDocumentedOnes() {
        Problems problems = new Problems();
        AdmissionConfig.defaults("executor-1").check(problems);
        problems.check();

        assertThat(AdmissionConfig.defaults("executor-1"))
                .isEqualTo(new AdmissionConfig(
                        "executor-1",
                        4_096,
                        100_000,
                        256,
                        Duration.ofMinutes(5),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(2),
                        1_000,
                        200_000,
                        4,
                        1_000,
                        Duration.ofSeconds(15)));
    }

    @Test
    void namesEveryFault() {
        Problems problems = new Problems();
        new AdmissionConfig(
                        "",
                        0,
                        0,
                        0,
                        Duration.ZERO,
                        Duration.ZERO,
                        Duration.ofMinutes(1),
                        0,
                        999,
                        0,
                        0,
                        Duration.ofHours(1))
                .check(problems);

        assertThatThrownBy(problems::check)
                .hasMessageContainingAll(
                        "length of --executor-id must be 1 to 128, was 0",
                        "--max-in-flight",
                        "--admission-max-leases",
                        "--admission-max-lease-size",
                        "--admission-lease-duration in ms must be 5000 to 3600000, was 0",
                        "--admission-lease-idle",
                        "--admission-max-waiting",
                        "--admission-max-minute-limiters",
                        "--admission-database-threads",
                        "--admission-database-queue",
                        "--admission-drain-timeout");
    }
}

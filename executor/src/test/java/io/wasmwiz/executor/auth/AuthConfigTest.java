package io.wasmwiz.executor.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AuthConfigTest {
    @Test
    void defaultsAreTheDocumentedOnes() {
        Problems problems = new Problems();
        AuthConfig.defaults().check(problems);
        problems.check();

        assertThat(AuthConfig.defaults())
                .isEqualTo(new AuthConfig(
                        true,
                        Duration.ofMillis(250),
                        Duration.ofSeconds(60),
                        Duration.ofMinutes(10),
                        100_000,
                        10_000,
                        600,
                        100_000,
                        2,
                        1_000));
    }

    @Test
    void namesEveryFault() {
        Problems problems = new Problems();
        new AuthConfig(true, Duration.ofMillis(501), Duration.ofSeconds(61), Duration.ZERO, 0, 0, 0, 0, 65, 0)
                .check(problems);

        assertThatThrownBy(problems::check)
                .hasMessageContainingAll(
                        "--auth-epoch-poll in ms must be 10 to 500, was 501",
                        "--auth-stale in ms must be 1000 to 60000, was 61000",
                        "--auth-cache-refresh",
                        "--auth-cache-entries",
                        "--auth-cache-unknown-entries",
                        "--auth-failures-per-minute",
                        "--auth-failure-networks",
                        "--auth-database-threads",
                        "--auth-database-queue");
    }
}

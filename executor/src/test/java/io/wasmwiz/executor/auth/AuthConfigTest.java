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

        assertThat(AuthConfig.defaults()).isEqualTo(new AuthConfig(true, Duration.ofMillis(500), 100_000, 2, 1_000));
    }

    @Test
    void namesEveryFault() {
        Problems problems = new Problems();
        new AuthConfig(true, Duration.ofMillis(1_001), 0, 65, 0).check(problems);

        assertThatThrownBy(problems::check)
                .hasMessageContainingAll(
                        "--auth-cache-ttl in ms must be 1 to 1000, was 1001",
                        "--auth-cache-entries",
                        "--auth-database-threads",
                        "--auth-database-queue");
    }
}

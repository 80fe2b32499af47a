package io.wasmwiz.service.config;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ProblemsTest {
    @Test
    void reportsEveryFaultAtOnce() {
        Problems problems = new Problems()
                .requireRange("--a", 0, 1, 9)
                .require(true, "not this")
                .require(false, "--b must be %s", "even");

        assertThatThrownBy(problems::check)
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e -> org.assertj.core.api.Assertions.assertThat(e.faults())
                                .containsExactly("--a must be 1 to 9, was 0", "--b must be even"));
    }

    @Test
    void passesWhatIsInRange() {
        assertThatCode(() -> new Problems().requireRange("--a", 9, 1, 9).check())
                .doesNotThrowAnyException();
    }
}

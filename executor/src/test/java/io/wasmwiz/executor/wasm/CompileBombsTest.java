package io.wasmwiz.executor.wasm;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.modules.ModuleInspection;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CompileBombsTest {
    private static final ModulePolicyConfig CONFIG = ModulePolicyConfig.DEFAULTS;

    private final ModulePolicy policy = new ModulePolicy(CONFIG);

    static Stream<Arguments> larger() {
        return arguments(CompileBombs.ofWork(CONFIG.maxWork() * 3 / 2));
    }

    static Stream<Arguments> smaller() {
        return arguments(CompileBombs.ofWork(CONFIG.maxWork() * 9 / 10));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("larger")
    void refusesAFunctionThatIsTooMuchWork(String shape, byte[] module) {
        assertThat(policy.inspect(module)).isInstanceOfSatisfying(ModuleInspection.Refused.class, no -> {
            assertThat(no.reason()).isEqualTo("MODULE_TOO_COMPLEX");
            assertThat(no.message()).contains("function 0 (at byte ").contains("compile work of");
            assertThat(no.figures()).containsEntry("limit", String.valueOf(CONFIG.maxWork()));
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("smaller")
    void takesOneThatIsNot(String shape, byte[] module) {
        assertThat(policy.inspect(module)).isInstanceOf(ModuleInspection.Accepted.class);
    }

    private static Stream<Arguments> arguments(Map<String, byte[]> bombs) {
        return bombs.entrySet().stream().map(bomb -> Arguments.of(bomb.getKey(), bomb.getValue()));
    }
}

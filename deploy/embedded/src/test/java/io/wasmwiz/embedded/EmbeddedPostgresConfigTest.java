package io.wasmwiz.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EmbeddedPostgresConfigTest {
    private static final EmbeddedPostgresConfig CONFIG = EmbeddedPostgresConfig.of(Path.of("/data"), "s3cret");

    @Test
    void keepsThePasswordToItself() {
        assertThat(CONFIG.toString()).contains("/data").doesNotContain("s3cret");
    }

    @Test
    void isDurableUnlessToldOtherwise() {
        assertThat(CONFIG.durable()).isTrue();
        assertThat(CONFIG.withSettings(Map.of("fsync", "off")).durable()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two\nlines", "schlüssel"})
    void refusesAPasswordThatCannotBeHandedOver(String password) {
        assertThatThrownBy(() -> EmbeddedPostgresConfig.of(Path.of("/data"), password))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("printable ASCII");
    }

    @ParameterizedTest
    @ValueSource(strings = {"listen_addresses", "port", "Fsync", "a=b", "-c"})
    void refusesSettingsThatAreNotTheCallers(String name) {
        assertThatThrownBy(() -> CONFIG.withSettings(Map.of(name, "x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + name + "'");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65_536})
    void refusesAPortThatIsNone(int port) {
        assertThatThrownBy(() -> CONFIG.withPort(port)).hasMessageContaining("0 to 65535");
    }
}

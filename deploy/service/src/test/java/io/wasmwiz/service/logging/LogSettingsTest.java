package io.wasmwiz.service.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class LogSettingsTest {
    @Test
    void logsOurInformationAndOthersWarningsAsText() {
        assertThat(LogSettings.of(Map.of(), false)).isEqualTo(new LogSettings("text", "INFO", "WARN"));
    }

    @Test
    void saysLessWhereAPersonWatches() {
        assertThat(LogSettings.of(Map.of(), true)).isEqualTo(new LogSettings("text", "WARN", "ERROR"));
    }

    @Test
    void saysWhatIsAskedForEverywhere() {
        Map<String, String> environment = Map.of("WASMWIZ_LOG_LEVEL", "debug", "WASMWIZ_LOG_FORMAT", "JSON");

        assertThat(LogSettings.of(environment, true)).isEqualTo(new LogSettings("json", "DEBUG", "WARN"));
    }
}

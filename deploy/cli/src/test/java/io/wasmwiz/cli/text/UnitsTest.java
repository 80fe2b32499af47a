package io.wasmwiz.cli.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsTest {
    @ParameterizedTest
    @CsvSource({
        "500ms, PT0.5S",
        "5s, PT5S",
        "1.5s, PT1.5S",
        "2m, PT2M",
        "1h, PT1H",
        "250us, PT0.00025S",
        "0.1ms, PT0.0001S"
    })
    void parsesDurations(String text, Duration duration) {
        assertThat(Units.parseDuration(text)).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "s", "-5s", "5 s", "5S", "1e3s", "9999999999s", "0s", "0.0000001s", "5s ", "٥s"})
    void refusesOtherTexts(String text) {
        assertThatThrownBy(() -> Units.parseDuration(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void picksAReadableUnit() {
        assertThat(Units.micros(870)).isEqualTo("870 µs");
        assertThat(Units.micros(12_345)).isEqualTo("12.3 ms");
        assertThat(Units.micros(2_500_000)).isEqualTo("2.50 s");
        assertThat(Units.bytes(472)).isEqualTo("472 B");
        assertThat(Units.bytes(64_608)).isEqualTo("63.1 KiB");
        assertThat(Units.bytes(1_572_864)).isEqualTo("1.5 MiB");
    }

    @Test
    void keepsControlCharactersAndFloodsFromTheTerminal() {
        assertThat(Printable.line("a\u001b[31mb\nc\u202ed\u0007")).isEqualTo("a?[31mb c?d?");
        assertThat(Printable.line("x".repeat(5_000))).hasSize(2_001).endsWith("…");
    }
}

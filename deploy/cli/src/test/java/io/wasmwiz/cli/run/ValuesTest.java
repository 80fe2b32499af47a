package io.wasmwiz.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.cli.failure.CommandFailure;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValuesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "i32:0",
                "i32:-2147483648",
                "i64:9223372036854775807",
                "i64:-1",
                "f32:0.1",
                "f32:-0.0",
                "f32:nan",
                "f32:inf",
                "f64:-inf",
                "f64:1.0E300",
                "f64:nan",
                "f32:nan:0x7fa00001",
                "f64:nan:0xfff400000000beef",
            })
    void readsWhatItPrints(String text) {
        assertThat(Values.print(Values.parse(text))).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "i32:4294967295, i32:-1",
        "i32:0x10, i32:16",
        "i64:0xffffffffffffffff, i64:-1",
        "i64:18446744073709551615, i64:-1",
        "f64:3, f64:3.0",
    })
    void takesOtherWritings(String text, String printed) {
        assertThat(Values.print(Values.parse(text))).isEqualTo(printed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "i32",
                "i32:",
                "i32:1.5",
                "i32:4294967296",
                "i32:-2147483649",
                "i64:18446744073709551616",
                "f32:x",
                "v128:0",
                "f32:nan:0x7f800000",
                "f64:nan:0x1",
            })
    void refusesWhatIsNoValue(String text) {
        assertThatThrownBy(() -> Values.parse(text))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("TYPE:NUMBER");
    }
}

package io.wasmwiz.executor.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WasmReaderTest {
    @ParameterizedTest
    @CsvSource({"00, 0", "7f, 127", "8001, 128", "808080808000, -", "ffffffff0f, 4294967295", "8000, 0", "8080808000, 0"
    })
    void readsUnsigned(String hex, String value) throws ModuleRefusedException {
        if (value.equals("-")) {
            assertRefused(() -> reader(hex).u32());
        } else {
            assertThat(reader(hex).u32()).isEqualTo(Long.parseLong(value));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ffffffff10", "ffffffff1f", "ffffffff8f00", "ffffffff7f", "80", ""})
    void refusesWrongUnsigned(String hex) {
        assertRefused(() -> reader(hex).u32());
    }

    @ParameterizedTest
    @CsvSource({
        "32, 00, 0",
        "32, 7f, -1",
        "32, 3f, 63",
        "32, 40, -64",
        "32, ffffffff07, 2147483647",
        "32, 8080808078, -2147483648",
        "32, ffffffff7f, -1",
        "33, ffffffff0f, 4294967295",
        "33, 8080808070, -4294967296",
        "64, ffffffffffffffffff00, 9223372036854775807",
        "64, 8080808080808080807f, -9223372036854775808",
    })
    void readsSigned(int bits, String hex, long value) throws ModuleRefusedException {
        assertThat(reader(hex).signed(bits)).isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource({
        "32, ffffffff0f",
        "32, 8080808070",
        "32, ffffffffff00",
        "32, ffffffff4f",
        "33, ffffffff1f",
        "64, ffffffffffffffffff01",
        "64, 80808080808080808080",
        "64, ff"
    })
    void refusesWrongSigned(int bits, String hex) {
        assertRefused(() -> reader(hex).signed(bits));
    }

    @Test
    void allocatesNothingForCountsThatCannotBeThere() {
        assertRefused(() -> reader("ffffffff0f00").count("items", Integer.MAX_VALUE));
        assertRefused(() -> reader("0300").count("items", 10));
        assertRefused(() -> reader("0b0000000000000000000000").count("items", 10));
    }

    @ParameterizedTest
    @ValueSource(strings = {"02c328", "01ff", "03eda080", "05666f", "04f8888080"})
    void refusesNamesThatAreNotUtf8(String hex) {
        assertRefused(() -> reader(hex).name());
    }

    private interface Reading {
        void read() throws ModuleRefusedException;
    }

    private static void assertRefused(Reading reading) {
        assertThatExceptionOfType(ModuleRefusedException.class).isThrownBy(reading::read);
    }

    private static WasmReader reader(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        return new WasmReader(bytes, 0);
    }
}

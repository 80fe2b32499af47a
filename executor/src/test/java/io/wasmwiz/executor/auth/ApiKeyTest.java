package io.wasmwiz.executor.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ApiKeyTest {
    private final SecureRandom random = new SecureRandom();

    @Test
    void generatedKeysHaveTheFormAndParse() {
        IntStream.range(0, 1_000).forEach(i -> {
            ApiKey key = ApiKey.generate(random);

            assertThat(key.text()).matches("ww_[0-9A-Za-z]{36}");
            assertThat(ApiKey.parse(key.text())).contains(key);
        });
    }

    @Test
    void checksumIsTheDocumentedOne() {
        // python3: zlib.crc32(b"ww_" + b"0" * 30) = 0xb9575ed9, then divmod by 62, padded to 6
        assertThat(ApiKey.parse("ww_0000000000000000000000000000003ORBpB")).isPresent();
    }

    @Test
    void hashIsTheSha256OfTheWholeText() {
        ApiKey key = ApiKey.parse("ww_0000000000000000000000000000003ORBpB").orElseThrow();

        assertThat(HexFormat.of().formatHex(key.hash().sha256()))
                .isEqualTo("82cb3248e1558f55c01ef7a0fb7cf2e9bf0be77a7c3a2c5a3cee5bd88c262fad");
    }

    @Test
    void refusesEveryChangedCharacter() {
        String text = ApiKey.generate(random).text();

        IntStream.range(0, text.length()).forEach(i -> {
            char other = text.charAt(i) == 'x' ? 'y' : 'x';
            assertThat(ApiKey.parse(text.substring(0, i) + other + text.substring(i + 1)))
                    .as("character %d changed", i)
                    .isEmpty();
        });
    }

    @Test
    void refusesOtherForms() {
        String text = ApiKey.generate(random).text();

        assertThat(ApiKey.parse("")).isEmpty();
        assertThat(ApiKey.parse(text + "0")).isEmpty();
        assertThat(ApiKey.parse(text.substring(1))).isEmpty();
        assertThat(ApiKey.parse("WW_" + text.substring(3))).isEmpty();
        assertThat(ApiKey.parse(text.substring(0, 38) + "é")).isEmpty();
    }

    @Test
    void textFormsWithholdTheSecret() {
        ApiKey key = ApiKey.generate(random);

        assertThat(key.toString())
                .doesNotContain(key.text())
                .doesNotContain(key.text().substring(3, 20));
        assertThat(key.hash().toString())
                .doesNotContain(HexFormat.of().formatHex(key.hash().sha256()));
    }
}

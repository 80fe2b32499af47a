package io.wasmwiz.executor.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenKeysTest {
    private static final byte[] PURPOSE = {1};
    private static final byte[] BODY = {2, 3};
    private static final String OLD = "7:" + base64(32, 1);
    private static final String NEW = "8:" + base64(64, 2);

    private static String base64(int bytes, int value) {
        byte[] key = new byte[bytes];
        Arrays.fill(key, (byte) value);
        return Base64.getEncoder().encodeToString(key);
    }

    @Test
    void believesItsOwnTokens() {
        TokenKeys keys = TokenKeys.parse(OLD);
        assertThat(keys.verified(PURPOSE, keys.signed(PURPOSE, BODY))).hasValue(BODY);
    }

    @Test
    void signsWithTheFirstAndBelievesAll() {
        String old = TokenKeys.parse(OLD).signed(PURPOSE, BODY);
        TokenKeys both = TokenKeys.parse(NEW + ", " + OLD);

        assertThat(both.verified(PURPOSE, old)).hasValue(BODY);
        assertThat(TokenKeys.parse(NEW).verified(PURPOSE, both.signed(PURPOSE, BODY)))
                .hasValue(BODY);
        assertThat(TokenKeys.parse(NEW).verified(PURPOSE, old)).isEmpty();
    }

    @Test
    void believesNoTokenOfAnotherPurposeOrKeyAndNoChangedOne() {
        TokenKeys keys = TokenKeys.parse(OLD);
        String token = keys.signed(PURPOSE, BODY);
        assertThat(keys.verified(new byte[] {2}, token)).isEmpty();
        assertThat(TokenKeys.parse("7:" + base64(32, 9)).verified(PURPOSE, token))
                .isEmpty();
        assertThat(TokenKeys.random().verified(PURPOSE, token)).isEmpty();
        byte[] bytes = Base64.getUrlDecoder().decode(token);
        for (int i = 0; i < bytes.length; i++) {
            byte[] changed = bytes.clone();
            changed[i] ^= 1;
            assertThat(keys.verified(PURPOSE, Base64.getUrlEncoder().encodeToString(changed)))
                    .as("byte %d", i)
                    .isEmpty();
            assertThat(keys.verified(PURPOSE, Base64.getUrlEncoder().encodeToString(Arrays.copyOf(bytes, i))))
                    .as("cut to %d bytes", i)
                    .isEmpty();
        }
        assertThat(keys.verified(PURPOSE, "not Base64!")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "7", "7:", "7:AAAA", "256:%s", "x:%s", "7:%s,7:%s", "7:%s,", "7:%s:%s"})
    void refusesKeysOfAnotherForm(String form) {
        String key = base64(32, 3);
        String text = form.replace("%s", key);
        assertThat(TokenKeys.isValid(text)).isFalse();
        assertThatThrownBy(() -> TokenKeys.parse(text))
                .hasMessageContaining("32 to 64 bytes in Base64")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain(key));
    }

    @Test
    void keepsTheKeysToItself() {
        assertThat(TokenKeys.parse(OLD).toString()).doesNotContain(base64(32, 1));
        assertThat(new ExportConfig("", 1, 1, 1, java.time.Duration.ofSeconds(1), 1, OLD).toString())
                .doesNotContain(base64(32, 1));
    }
}

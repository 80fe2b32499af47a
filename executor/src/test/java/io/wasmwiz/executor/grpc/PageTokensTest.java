package io.wasmwiz.executor.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageTokensTest {
    private static final UUID ACCOUNT = UUID.randomUUID();
    private static final Instant TIME = Instant.parse("2026-03-01T12:00:00.123456Z");
    private static final byte[] KEY = {1, 2, 3, 4};

    private final String token = PageTokens.encode(ACCOUNT, "List", new PageTokens.Position(TIME, KEY));

    @Test
    void givesThePositionBack() {
        assertThat(PageTokens.decode(ACCOUNT, "List", 4, token)).hasValueSatisfying(position -> {
            assertThat(position.time()).isEqualTo(TIME);
            assertThat(position.key()).isEqualTo(KEY);
        });
    }

    @Test
    void beginsAtTheFirstPageWithoutAToken() {
        assertThat(PageTokens.decode(ACCOUNT, "List", 4, "")).isEmpty();
    }

    @Test
    void refusesATokenOfAnotherAccount() {
        assertRefused(() -> PageTokens.decode(UUID.randomUUID(), "List", 4, token), "PAGE_TOKEN_INVALID");
    }

    @Test
    void refusesATokenOfAnotherCall() {
        assertRefused(() -> PageTokens.decode(ACCOUNT, "Other", 4, token), "PAGE_TOKEN_INVALID");
    }

    @Test
    void refusesAnyChangedCharacter() {
        for (int i = 0; i < token.length() - 1; i++) {
            char other = token.charAt(i) == 'A' ? 'B' : 'A';
            String changed = token.substring(0, i) + other + token.substring(i + 1);
            assertRefused(() -> PageTokens.decode(ACCOUNT, "List", 4, changed), "PAGE_TOKEN_INVALID");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "????", "AAAA", "é"})
    void refusesWhatIsNoToken(String text) {
        assertRefused(() -> PageTokens.decode(ACCOUNT, "List", 4, text), "PAGE_TOKEN_INVALID");
        assertRefused(() -> PageTokens.decode(ACCOUNT, "List", 4, text.repeat(1_000)), "PAGE_TOKEN_INVALID");
    }

    @Test
    void takesPageSizesWithinTheBounds() {
        assertThat(PageTokens.size(0)).isEqualTo(100);
        assertThat(PageTokens.size(1)).isEqualTo(1);
        assertThat(PageTokens.size(1_000)).isEqualTo(1_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1_001, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void refusesPageSizesBeyondTheBounds(int size) {
        assertRefused(() -> PageTokens.size(size), "PAGE_SIZE_INVALID");
    }

    private static void assertRefused(Runnable action, String reason) {
        assertThatThrownBy(action::run)
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(((Refusal.InvalidFields) refused.refusal()).violations())
                                .singleElement()
                                .satisfies(violation ->
                                        assertThat(violation.reason()).isEqualTo(reason)));
    }
}

package io.wasmwiz.local.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.local.chaos.Call.End;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CallCheckTest {
    private static final UUID ACCOUNT = new UUID(0, 1);
    private static final UUID OTHER_ACCOUNT = new UUID(0, 2);
    private static final UUID ONE = new UUID(1, 1);
    private static final UUID TWO = new UUID(1, 2);
    private static final UUID REQUEST = new UUID(2, 1);

    @Test
    void acceptsAcknowledgedRowsAndThoseThatAnUnknownCallExplains() {
        assertThat(offences(
                        List.of(call(End.CHARGED, 5, null, ONE), call(End.UNKNOWN, 6, null, null)),
                        row(ONE, null, 5),
                        row(TWO, null, 6)))
                .isEmpty();
        assertThat(offences(List.of(call(End.UNKNOWN, 6, REQUEST, null)), row(ONE, REQUEST, 6)))
                .isEmpty();
        assertThat(offences(List.of(call(End.UNKNOWN, 6, null, null), call(End.REFUSED, 7, null, null))))
                .isEmpty();
    }

    @Test
    void missesARowThatWasAcknowledged() {
        assertThat(offences(List.of(call(End.CHARGED, 5, null, ONE))))
                .containsExactly("acknowledged as charged, and no charged row");
    }

    @Test
    void refusesARowThatNoCallExplains() {
        String offence = "charged, and no call can have been it";
        assertThat(offences(List.of(call(End.REFUSED, 5, null, null)), row(ONE, null, 5)))
                .containsExactly(offence);
        assertThat(offences(List.of(call(End.UNKNOWN, 6, null, null)), row(ONE, null, 5)))
                .containsExactly(offence);
        assertThat(offences(List.of(call(End.UNKNOWN, 5, null, null)), row(ONE, null, 5), row(TWO, null, 5)))
                .containsExactly(offence);
        assertThat(offences(List.of(call(End.UNKNOWN, 5, null, null)), new ChargedRow(OTHER_ACCOUNT, ONE, null, 5)))
                .containsExactly(offence);
    }

    @Test
    void refusesASecondCharge() {
        assertThat(offences(List.of(call(End.CHARGED, 5, null, ONE)), row(ONE, null, 5), row(ONE, null, 5)))
                .containsExactly("charged twice");
        assertThat(offences(List.of(call(End.UNKNOWN, 5, REQUEST, null)), row(ONE, REQUEST, 5), row(TWO, REQUEST, 5)))
                .containsExactly("a second charge for request " + REQUEST);
    }

    @Test
    void refusesOneChargeForTwoCalls() {
        assertThat(offences(
                        List.of(call(End.CHARGED, 5, null, ONE), call(End.CHARGED, 5, null, ONE)), row(ONE, null, 5)))
                .containsExactly("one charge acknowledged to two calls");
    }

    @Test
    void findsCallersThatAreBlamed() {
        assertThat(CallCheck.blamed(Stream.of(
                        "INVALID_ARGUMENT MODULE_REJECTED_BY_ENGINE",
                        "INVALID_ARGUMENT MODULE_REJECTED_BY_ENGINE",
                        "UNAVAILABLE SERVER_BUSY",
                        "RESOURCE_EXHAUSTED DAILY_QUOTA_SPENT")))
                .containsExactly("INVALID_ARGUMENT MODULE_REJECTED_BY_ENGINE");
    }

    private static List<String> offences(List<Call> calls, ChargedRow... rows) {
        return CallCheck.offences(calls, List.of(rows)).stream()
                .map(CallCheck.Offence::what)
                .toList();
    }

    private static Call call(End end, long inputBytes, @Nullable UUID requestId, @Nullable UUID executionId) {
        return new Call(ACCOUNT, inputBytes, requestId, Instant.EPOCH, Instant.EPOCH, end, executionId, "");
    }

    private static ChargedRow row(UUID executionId, @Nullable UUID requestId, long inputBytes) {
        return new ChargedRow(ACCOUNT, executionId, requestId, inputBytes);
    }
}

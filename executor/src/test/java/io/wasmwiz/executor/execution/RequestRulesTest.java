package io.wasmwiz.executor.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.execution.ExecuteCommand.LimitsWish;
import io.wasmwiz.executor.execution.ExecuteCommand.Source;
import io.wasmwiz.executor.execution.RequestRules.Checked;
import io.wasmwiz.executor.refusal.FieldViolation;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.sandbox.RunLimits;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RequestRulesTest {
    private static final Source MODULE = new Source.Digest("ab".repeat(32));

    private final RequestRules rules = new RequestRules(Requests.LIMITS);

    @Test
    void takesTheTiersAndTheServersLimitsWhenNoneAreWished() {
        assertThat(check(command(LimitsWish.none())))
                .isInstanceOfSatisfying(
                        Checked.Valid.class,
                        valid -> assertThat(valid.limits())
                                .isEqualTo(new RunLimits(Duration.ofSeconds(5), 2048, 2_000, 500)));
    }

    @Test
    void takesLowerLimits() {
        LimitsWish wish = new LimitsWish(
                Optional.of(Duration.ofMillis(10)), OptionalLong.of(65_536), OptionalLong.of(0), OptionalLong.of(1));

        assertThat(check(command(wish)))
                .isInstanceOfSatisfying(
                        Checked.Valid.class,
                        valid -> assertThat(valid.limits()).isEqualTo(new RunLimits(Duration.ofMillis(10), 1, 0, 1)));
    }

    @Test
    void takesWhatIsJustAllowed() {
        List<String> arguments = Collections.nCopies(64, "x".repeat(256));
        ExecuteCommand command = new ExecuteCommand(
                new Source.Inline(new byte[10_000]), new byte[1_000], arguments, Map.of(), LimitsWish.none(), "");

        assertThat(check(command)).isInstanceOf(Checked.Valid.class);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource
    void namesTheFieldAndWhatIsAllowed(String reason, String field, String allowed, ExecuteCommand command) {
        assertThat(violations(command)).singleElement().satisfies(violation -> {
            assertThat(violation.reason()).isEqualTo(reason);
            assertThat(violation.field()).isEqualTo(field);
            assertThat(violation.description()).contains(allowed);
        });
    }

    static Stream<Arguments> namesTheFieldAndWhatIsAllowed() {
        return Stream.of(
                row("MODULE_MISSING", "module", "digest or inline", Requests.of(new Source.None())),
                row("DIGEST_MALFORMED", "module.digest", "64 lower-case hex", Requests.byDigest("AB".repeat(32))),
                row("MODULE_TOO_LARGE", "module.inline", "10000", Requests.inline(new byte[10_001])),
                row("INPUT_TOO_LARGE", "input", "1000", with(new byte[1_001], List.of(), Map.of(), "")),
                row("TOO_MANY_ARGS", "args", "64", with(Collections.nCopies(65, "a"))),
                row("ARGS_TOO_LONG", "args", "16384", with(List.of("é".repeat(8_193)))),
                row("ARG_HAS_NUL", "args[1]", "NUL", with(List.of("a", "b\0"))),
                row(
                        "TOO_MANY_ENV",
                        "env",
                        "64",
                        with(IntStream.range(0, 65).boxed().collect(Collectors.toMap(i -> "K" + i, i -> "v")))),
                row("ENV_TOO_LONG", "env", "16384", with(Map.of("K", "x".repeat(16_384)))),
                row("ENV_KEY_INVALID", "env", "NUL or =", with(Map.of("A=B", "v"))),
                row("ENV_KEY_INVALID", "env", "empty", with(Map.of("", "v"))),
                row("ENV_VALUE_HAS_NUL", "env", "NUL", with(Map.of("A", "v\0"))),
                row("REQUEST_ID_MALFORMED", "request_id", "UUID", with(new byte[0], List.of(), Map.of(), "not-a-uuid")),
                row("LIMIT_NOT_POSITIVE", "limits.run_time", "5000 ms", runTime(Duration.ZERO)),
                row("LIMIT_NOT_POSITIVE", "limits.run_time", "5000 ms", runTime(Duration.ofSeconds(-1))),
                row("LIMIT_ABOVE_TIER", "limits.run_time", "5000 ms", runTime(Duration.ofMillis(5_001))),
                row("LIMIT_NOT_POSITIVE", "limits.memory_bytes", "134217728", memory(0)),
                row("LIMIT_ABOVE_TIER", "limits.memory_bytes", "134217728", memory(134_217_729)),
                row("LIMIT_ABOVE_TIER", "limits.memory_bytes", "134217728", memory(Long.MAX_VALUE)),
                row("MEMORY_NOT_PAGE_MULTIPLE", "limits.memory_bytes", "65536", memory(65_537)),
                row("LIMIT_ABOVE_SERVER", "limits.stdout_bytes", "2000", stdout(2_001)),
                row("LIMIT_ABOVE_SERVER", "limits.stderr_bytes", "500", stderr(501)));
    }

    @Test
    void reportsEveryFaultAtOnce() {
        ExecuteCommand command = new ExecuteCommand(
                new Source.None(),
                new byte[1_001],
                List.of("\0"),
                Map.of("", ""),
                runTime(Duration.ZERO).limits(),
                "x");

        assertThat(violations(command))
                .extracting(FieldViolation::reason)
                .containsExactly(
                        "MODULE_MISSING",
                        "INPUT_TOO_LARGE",
                        "ARG_HAS_NUL",
                        "ENV_KEY_INVALID",
                        "LIMIT_NOT_POSITIVE",
                        "REQUEST_ID_MALFORMED");
    }

    @Test
    void readsARequestIdInEitherCase() {
        ExecuteCommand command = with(new byte[0], List.of(), Map.of(), "0198A9E0-5a5e-7cc1-8a2b-0123456789ab");

        assertThat(check(command))
                .isInstanceOfSatisfying(
                        Checked.Valid.class,
                        valid -> assertThat(valid.requestId())
                                .contains(UUID.fromString("0198a9e0-5a5e-7cc1-8a2b-0123456789ab")));
    }

    private Checked check(ExecuteCommand command) {
        return rules.check(command, Requests.FREE);
    }

    private List<FieldViolation> violations(ExecuteCommand command) {
        Checked checked = check(command);
        assertThat(checked).isInstanceOf(Checked.Invalid.class);
        return ((Refusal.InvalidFields) ((Checked.Invalid) checked).refusal()).violations();
    }

    private static Arguments row(String reason, String field, String allowed, ExecuteCommand command) {
        return Arguments.of(reason, field, allowed, command);
    }

    private static ExecuteCommand with(List<String> arguments) {
        return with(new byte[0], arguments, Map.of(), "");
    }

    private static ExecuteCommand with(Map<String, String> environment) {
        return with(new byte[0], List.of(), environment, "");
    }

    private static ExecuteCommand with(
            byte[] input, List<String> arguments, Map<String, String> environment, String requestId) {
        return new ExecuteCommand(MODULE, input, arguments, environment, LimitsWish.none(), requestId);
    }

    private static ExecuteCommand runTime(Duration wish) {
        return command(
                new LimitsWish(Optional.of(wish), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty()));
    }

    private static ExecuteCommand memory(long wish) {
        return command(
                new LimitsWish(Optional.empty(), OptionalLong.of(wish), OptionalLong.empty(), OptionalLong.empty()));
    }

    private static ExecuteCommand stdout(long wish) {
        return command(
                new LimitsWish(Optional.empty(), OptionalLong.empty(), OptionalLong.of(wish), OptionalLong.empty()));
    }

    private static ExecuteCommand stderr(long wish) {
        return command(
                new LimitsWish(Optional.empty(), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.of(wish)));
    }

    private static ExecuteCommand command(LimitsWish wish) {
        return new ExecuteCommand(MODULE, new byte[0], List.of(), Map.of(), wish, "");
    }
}

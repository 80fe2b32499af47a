package io.wasmwiz.executor.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunUsage;
import io.wasmwiz.executor.sandbox.TrapKind;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ResultMessageTest {
    private static final RunLimits LIMITS = new RunLimits(Duration.ofMillis(250), 16, 100, 100);

    private static final Map<ExecutionStatus, RunResult.Ran> ENDS = new EnumMap<>(Map.of(
            ExecutionStatus.COMPLETED, ran(new End.Exited(0), 3),
            ExecutionStatus.FAILED, ran(new End.Exited(3), 0),
            ExecutionStatus.TRAPPED, ran(new End.Trapped(TrapKind.UNREACHABLE, "unreachable"), 0),
            ExecutionStatus.TIMED_OUT, ran(new End.TimedOut(), 0),
            ExecutionStatus.CANCELLED, ran(new End.Cancelled(), 0),
            ExecutionStatus.MEMORY_LIMIT, ran(new End.Exited(1), 2),
            ExecutionStatus.SANDBOX_CRASHED, ran(new End.Crashed("signal 6"), 0)));

    @ParameterizedTest
    @EnumSource(ExecutionStatus.class)
    void tellsTheAuthorOfEveryStatusWhatToDo(ExecutionStatus status) {
        RunResult.Ran ran = end(status);

        assertThat(ExecutionStatus.of(ran)).isEqualTo(status);
        String message = ResultMessage.of(ran, LIMITS);
        if (status == ExecutionStatus.COMPLETED) {
            assertThat(message).isEmpty();
        } else {
            assertThat(message).matches("the (module|sandbox) .+; .+").hasSizeLessThan(ResultMessage.MAX_CHARACTERS);
        }
    }

    @Test
    void tellsTheAuthorOfEveryTrapSomethingElse() {
        var advice = new HashSet<String>();
        for (TrapKind kind : TrapKind.values()) {
            String message = ResultMessage.of(ran(new End.Trapped(kind, "detail"), 0), LIMITS);

            assertThat(message).startsWith("the module trapped: detail; ");
            advice.add(message);
        }
        assertThat(advice).hasSameSizeAs(TrapKind.values());
    }

    @Test
    void namesTheFigures() {
        assertThat(ResultMessage.of(end(ExecutionStatus.FAILED), LIMITS)).contains("code 3");
        assertThat(ResultMessage.of(end(ExecutionStatus.TIMED_OUT), LIMITS)).contains("250 ms");
        assertThat(ResultMessage.of(end(ExecutionStatus.MEMORY_LIMIT), LIMITS))
                .contains("code 1", "2 refused growths", "1048576 bytes");
        assertThat(ResultMessage.of(ran(new End.Trapped(TrapKind.UNREACHABLE, "aborted"), 1), LIMITS))
                .contains("trapped (aborted)", "1 refused growths");
    }

    @Test
    void cutsLongDetails() {
        assertThat(ResultMessage.of(ran(new End.Trapped(TrapKind.OTHER, "x".repeat(5_000)), 0), LIMITS))
                .hasSize(ResultMessage.MAX_CHARACTERS);
    }

    private static RunResult.Ran end(ExecutionStatus status) {
        return Objects.requireNonNull(ENDS.get(status));
    }

    private static RunResult.Ran ran(End end, int refusedGrowths) {
        return new RunResult.Ran(
                end, refusedGrowths, new byte[0], new byte[0], false, false, false, new RunUsage(0, 0, 0, 0, true));
    }
}

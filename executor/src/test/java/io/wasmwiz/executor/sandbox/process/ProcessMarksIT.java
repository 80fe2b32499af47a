package io.wasmwiz.executor.sandbox.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.RunResult.Cause;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import io.wasmwiz.executor.sandbox.RunResult.Refused;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a process noted before it died counts, and no more than it could have said. */
class ProcessMarksIT extends ProcessFixture {
    private static final Launcher.Program LIAR = new Launcher.Program(LyingSandboxMain.class);

    @Test
    void losesTheRunWhoseStartWasMarkedAndNotTold() {
        open(new Sandboxes(1), LIAR);

        Ran crashed = (Ran) result(LyingSandboxMain.DIE_AFTER_MARK);

        assertThat(crashed.end()).isInstanceOf(End.Crashed.class);
        assertThat(crashed.outputLost()).isTrue();
        assertThat(meter("wasmwiz.sandbox.process.retries")).isZero();
    }

    @Test
    void killsAProcessThatHangsInARunWhoseStartWasNotTold() {
        open(new Sandboxes(1), LIAR);

        Ran timedOut = (Ran) result(LyingSandboxMain.HANG_AFTER_MARK);

        assertThat(timedOut.end()).isEqualTo(new End.TimedOut());
        assertThat(timedOut.usage().wallNanos()).isGreaterThanOrEqualTo(100_000_000L);
        assertThat(meter("wasmwiz.sandbox.process.deaths", "cause", "killed_timed_out"))
                .isEqualTo(1);
    }

    @Test
    void takesAResultThatWasKeptAndNotSent() {
        open(new Sandboxes(1), LIAR);

        Ran ran = (Ran) result(LyingSandboxMain.DIE_AFTER_RESULT);

        assertThat(ran.end()).isEqualTo(LyingSandboxMain.RESULT.end());
        assertThat(ran.stdout()).isEqualTo(LyingSandboxMain.RESULT.stdout());
        assertThat(ran.stderrTruncated()).isTrue();
    }

    @Test
    void believesNoMarkOfARunThatIsNotThere() {
        open(new Sandboxes(1), LIAR);

        RunResult refused = result(LyingSandboxMain.LIE);

        assertThat(refused)
                .isInstanceOfSatisfying(
                        Refused.class, why -> assertThat(why.cause()).isEqualTo(Cause.MODULE_REJECTED));
        assertThat(meter("wasmwiz.sandbox.process.retries")).isEqualTo(3);
    }

    private RunResult result(String lie) {
        RunLimits limits = new RunLimits(Duration.ofMillis(100), 64, 100, 100);
        RunRequest request = new RunRequest(code(NOTHING), new byte[0], List.of(lie), Map.of(), limits);
        return get(sandbox().run(request).result().toCompletableFuture());
    }
}

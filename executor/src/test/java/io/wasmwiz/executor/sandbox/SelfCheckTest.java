package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.wasmwiz.executor.sandbox.RunResult.Cause;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** With real sandboxes it runs in every test that starts an executor. */
class SelfCheckTest {
    private static final QueueConfig QUEUE = new QueueConfig(100, 10, Duration.ofSeconds(1));

    private final ScriptedSandbox sandbox = new ScriptedSandbox();

    @Test
    void runsAsOftenAsItIsTold() {
        sandbox.endsAs(ScriptedSandbox.exited(0, new String(new byte[100], StandardCharsets.UTF_8), ""));

        SelfCheck.require(sandbox, QUEUE, 70);

        assertThat(sandbox.runs()).hasSize(70);
    }

    @Test
    void waitsForASandboxThatIsBusy() {
        AtomicInteger refusals = new AtomicInteger(15);
        sandbox.endsAs(request -> refusals.getAndDecrement() > 0
                ? new RunResult.Refused(Cause.QUEUE_FULL, "")
                : ScriptedSandbox.exited(0, new String(new byte[100], StandardCharsets.UTF_8), ""));

        SelfCheck.require(sandbox, QUEUE, 1);

        assertThat(sandbox.runs()).hasSize(16);
    }

    @Test
    void refusesASandboxThatLosesOutput() {
        sandbox.endsAs(ScriptedSandbox.exited(0, "", ""));

        assertThatIllegalStateException()
                .isThrownBy(() -> SelfCheck.require(sandbox, QUEUE, 1))
                .withMessageContaining("modules do not run here");
    }

    @Test
    void refusesASandboxWhoseGuestsFail() {
        sandbox.endsAs(ScriptedSandbox.exited(1, new String(new byte[100], StandardCharsets.UTF_8), ""));

        assertThatIllegalStateException().isThrownBy(() -> SelfCheck.require(sandbox, QUEUE, 1));
    }

    @Test
    void refusesASandboxThatStartsNothing() {
        sandbox.endsAs(new RunResult.Refused(Cause.MODULE_REJECTED, "no such instruction"));

        assertThatIllegalStateException()
                .isThrownBy(() -> SelfCheck.require(sandbox, QUEUE, 1))
                .withMessageContaining("no such instruction");
    }
}

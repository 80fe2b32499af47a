package io.wasmwiz.executor.sandbox.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import io.wasmwiz.executor.sandbox.SandboxRun;
import io.wasmwiz.executor.sandbox.Wat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What dies or hangs costs one run. */
class ProcessFaultsIT extends ProcessFixture {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** The kernel's out-of-memory killer sends SIGKILL; a panic of the engine ends in SIGABRT. */
    @ParameterizedTest
    @CsvSource({"ABRT, abort", "KILL, sigkill"})
    void losesTheRunInAProcessThatDiesAndNoOther(String signal, String cause) {
        open(new Sandboxes(1));
        assertThat(ran(run(LOOPS_ON_INPUT, "")).end()).isEqualTo(EXITED);
        SandboxRun loop = run(LOOPS_ON_INPUT, "x");
        List<SandboxRun> others =
                IntStream.range(0, 30).mapToObj(i -> run(LOOPS_ON_INPUT, "")).toList();
        await().atMost(PATIENCE).until(() -> meter("wasmwiz.sandbox.queue.depth") == 30);

        signal(signal, processes("RUN").get(0));

        Ran crashed = ran(loop);
        assertThat(crashed.end()).isInstanceOf(End.Crashed.class);
        assertThat(crashed.outputLost()).isTrue();
        others.forEach(run -> assertThat(ran(run).end()).isEqualTo(EXITED));
        assertThat(meter("wasmwiz.sandbox.process.deaths", "cause", cause)).isEqualTo(1);
        assertThat(meter("wasmwiz.sandbox.process.starts", "role", "run")).isEqualTo(2);
    }

    @Test
    void startsElsewhereWhatADeadProcessHadNotStarted() {
        open(new Sandboxes(1));
        assertThat(ran(run(NOTHING, "")).end()).isEqualTo(EXITED);
        ProcessHandle process = processes("RUN").get(0);
        signal("STOP", process);
        List<SandboxRun> runs =
                IntStream.range(0, 40).mapToObj(i -> run(NOTHING, "")).toList();

        signal("KILL", process);

        runs.forEach(run -> assertThat(ran(run).end()).isEqualTo(EXITED));
        assertThat(meter("wasmwiz.sandbox.process.retries")).isPositive();
    }

    @Test
    void killsAProcessWhoseRunDoesNotStopInTime() {
        open(new Sandboxes(1));
        SandboxRun stuck = run(LOOPS_ON_INPUT, "x", new RunLimits(Duration.ofSeconds(2), 64, 100, 100));
        awaitStarted();

        signal("STOP", processes("RUN").get(0));

        Ran timedOut = ran(stuck);
        assertThat(timedOut.end()).isEqualTo(new End.TimedOut());
        assertThat(timedOut.outputLost()).isTrue();
        assertThat(timedOut.usage().wallNanos()).isGreaterThanOrEqualTo(2_000_000_000L);
        assertThat(ran(run(NOTHING, "")).end()).isEqualTo(EXITED);
    }

    @Test
    void killsAProcessWhoseRunDoesNotStopWhenCancelled() {
        open(new Sandboxes(1));
        SandboxRun stuck = run(LOOPS_ON_INPUT, "x");
        awaitStarted();
        signal("STOP", processes("RUN").get(0));

        stuck.cancel();

        Ran cancelled = ran(stuck);
        assertThat(cancelled.end()).isEqualTo(new End.Cancelled());
        assertThat(cancelled.outputLost()).isTrue();
        assertThat(ran(run(NOTHING, "")).end()).isEqualTo(EXITED);
    }

    @Test
    void refusesAModuleWhoseCompilerDiesAndCompilesOthers() {
        open(new Sandboxes(1));
        ProcessHandle compiler = processes("COMPILE").get(0);
        var refused = sandbox().compile(code(SlowModules.slow())).toCompletableFuture();
        await().atMost(PATIENCE).until(() -> cpu(compiler).toMillis() > 2_000);

        signal("ABRT", compiler);

        assertThat(get(refused))
                .isInstanceOfSatisfying(
                        Compilation.Rejected.class,
                        rejected -> assertThat(rejected.message()).contains("SIGABRT"));
        assertThat(ran(run(NOTHING, "")).end()).isEqualTo(EXITED);
    }

    @Test
    void compilesAModuleAgainWhoseCompilerWasKilledFromOutsideOnce() {
        open(new Sandboxes(1));
        ProcessHandle first = processes("COMPILE").get(0);
        var refused = sandbox().compile(code(SlowModules.slow())).toCompletableFuture();
        await().atMost(PATIENCE).until(() -> cpu(first).toMillis() > 2_000);

        signal("KILL", first);

        await().atMost(PATIENCE)
                .until(() ->
                        processes("COMPILE").stream().anyMatch(next -> cpu(next).toMillis() > 2_000));
        assertThat(refused).isNotDone();

        processes("COMPILE").forEach(second -> signal("KILL", second));

        assertThat(get(refused))
                .isInstanceOfSatisfying(
                        Compilation.Rejected.class,
                        rejected -> assertThat(rejected.message()).contains("SIGKILL"));
        assertThat(ran(run(NOTHING, "")).end()).isEqualTo(EXITED);
    }

    @Test
    void doesNotBlameAModuleForACompilerThatHadNoProcessorTime() {
        // It is stopped after more processor time than an idle compiler takes and before a quarter of the time-out.
        open(new Sandboxes(1).compileTimeout(Duration.ofSeconds(20)));
        ProcessHandle compiler = processes("COMPILE").get(0);
        Duration compiling = cpu(compiler).plusSeconds(1);
        var unlucky = sandbox().compile(code(SlowModules.slow())).toCompletableFuture();
        await().atMost(PATIENCE).until(() -> cpu(compiler).compareTo(compiling) > 0);

        signal("STOP", compiler);

        assertThat(get(unlucky)).isInstanceOf(Compilation.Unavailable.class);
        assertThat(compile(LOOPS_ON_INPUT)).isEqualTo(new Compilation.Compiled(false));
    }

    private static Duration cpu(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    @Test
    void refusesAModuleThatTakesTooLongToCompileWhileOthersRun() {
        open(new Sandboxes(1).compileTimeout(Duration.ofSeconds(3)));
        assertThat(ran(run(NOTHING, "")).end()).isEqualTo(EXITED);
        var bomb = sandbox().compile(code(SlowModules.slow())).toCompletableFuture();

        while (!bomb.isDone()) {
            assertThat(ran(run(NOTHING, "")).end()).isEqualTo(EXITED);
        }

        assertThat(get(bomb))
                .isInstanceOfSatisfying(
                        Compilation.Rejected.class,
                        rejected -> assertThat(rejected.message()).contains("3000 ms"));
        assertThat(compile(LOOPS_ON_INPUT)).isEqualTo(new Compilation.Compiled(false));
    }

    @Test
    void compilesAModuleAnewWhoseCodeKillsTheProcessThatLoadsIt() {
        open(new Sandboxes(1));
        assertThat(compile(NOTHING)).isEqualTo(new Compilation.Compiled(false));
        ProcessHandle process = processes("RUN").get(0);
        signal("STOP", process);
        SandboxRun run = run(NOTHING, "");

        signal("KILL", process);

        assertThat(ran(run).end()).isEqualTo(EXITED);
        assertThat(meter("wasmwiz.sandbox.compile", "result", "compiled")).isEqualTo(2);
    }

    @Test
    void startsMoreProcessesWhileRunsHoldThemAndLetsThemGo() {
        open(new Sandboxes(1).maxProcesses(3));
        byte[] sleep = Wat.sleep(3_600_000_000_000L);
        List<SandboxRun> sleepers = List.of(run(sleep, ""), run(sleep, ""), run(sleep, ""));

        awaitStarted();
        SandboxRun beyond = run(sleep, "");
        assertThat(processes("RUN")).hasSize(3);

        sleepers.forEach(SandboxRun::cancel);
        awaitStarted();
        beyond.cancel();
        assertThat(ran(beyond).end()).isEqualTo(new End.Cancelled());
        await().atMost(PATIENCE).until(() -> processes("RUN").size() == 1);
    }

    @Test
    void startsNoOtherProcessForRunsThatWaitForShortOnes() {
        open(new Sandboxes(1).maxProcesses(3).holdTime(Duration.ofSeconds(10)));

        List<SandboxRun> runs =
                IntStream.range(0, 300).mapToObj(i -> run(NOTHING, "")).toList();

        runs.forEach(run -> assertThat(ran(run).end()).isEqualTo(EXITED));
        assertThat(meter("wasmwiz.sandbox.process.starts", "role", "run")).isEqualTo(1);
    }

    @Test
    void losesNoRunWhileProcessesKeepDying() {
        open(new Sandboxes(2));
        List<SandboxRun> runs = new ArrayList<>();
        int kills = 0;
        for (int i = 0; i < 500; i++) {
            runs.add(run(NOTHING, ""));
            if (i % 50 == 25) {
                // One look, of which the process is taken: in the next, one that was killed before may be gone.
                await().atMost(PATIENCE)
                        .until(() -> processes("RUN"), found -> !found.isEmpty())
                        .get(0)
                        .destroyForcibly();
                kills++;
            }
        }

        long crashed = 0;
        for (SandboxRun run : runs) {
            End end = ran(run).end();
            crashed += end instanceof End.Crashed ? 1 : 0;
            assertThat(end).isIn(EXITED, end instanceof End.Crashed ? end : EXITED);
        }
        assertThat(crashed).isLessThanOrEqualTo(kills);
    }

    @Test
    void saysWhyProcessesDoNotStart() {
        assertThatThrownBy(() -> open(new Sandboxes(1).launcher("/bin/false")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("exit code 1");
    }
}

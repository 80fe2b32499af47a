package io.wasmwiz.executor.sandbox;

import static io.wasmwiz.executor.sandbox.RunLimits.PAGE_BYTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.executor.sandbox.RunResult.Cause;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import io.wasmwiz.executor.sandbox.RunResult.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link SandboxRuntime} promises about ends, limits, cancellation and its own life. */
public abstract class SandboxRuntimeContract extends SharedSandboxFixture {
    private static final byte[] LOOP = Wat.command("(loop $forever (br $forever))");
    private static final byte[] NOTHING = Wat.command("");
    /** Says "on" on standard output, then computes until it is stopped. */
    private static final byte[] SAYS_ON_AND_LOOPS = Wat.wasm(Wat.program("""
            (memory 1)
            (data (i32.const 0) "\\10\\00\\00\\00\\02\\00\\00\\00")
            (data (i32.const 16) "on")
            """, """
            (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (loop $forever (br $forever))
            """));

    /** Copies standard input to standard output. */
    protected static final byte[] ECHO = Wat.command("""
            (local $bytes i32)
            (block $end
              (loop $next
                (i32.store (i32.const 0) (i32.const 1024))
                (i32.store (i32.const 4) (i32.const 60000))
                (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
                (br_if $end (i32.eqz (i32.load (i32.const 8))))
                (i32.store (i32.const 4) (i32.load (i32.const 8)))
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                (br $next)))
            """);

    @Test
    void carriesInputToOutput() {
        String input = "0123456789abcdef".repeat((1 << 20) / 16);

        Ran ran = ran(run(ECHO, input));

        assertThat(ran.end()).isEqualTo(new End.Exited(0));
        assertThat(text(ran.stdout())).isEqualTo(input);
        assertThat(ran.stderr()).isEmpty();
        assertThat(ran.stdoutTruncated()).isFalse();
        assertThat(ran.outputLost()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 125, 126, 127, 128, 255})
    void keepsExitCodes(int code) {
        assertThat(ran(run(Wat.command("(call $proc_exit (i32.const " + code + ")) unreachable")))
                        .end())
                .isEqualTo(new End.Exited(code));
    }

    @Test
    void exitsFromItsStartSection() {
        byte[] wasm = Wat.wasm(
                Wat.program("(memory 1) (func $init (call $proc_exit (i32.const 7))) (start $init)", "unreachable"));

        assertThat(ran(run(wasm)).end()).isEqualTo(new End.Exited(7));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "UNREACHABLE | unreachable",
                "STACK_OVERFLOW | (call $down)",
                "MEMORY_OUT_OF_BOUNDS | (drop (i32.load (i32.const 65533)))",
                "MEMORY_OUT_OF_BOUNDS | (i64.store offset=4294967295 (i32.const -1) (i64.const 1))",
                "TABLE_OUT_OF_BOUNDS | (call_indirect (type $none) (i32.const 9))",
                "TABLE_OUT_OF_BOUNDS | (drop (table.get $t (i32.const 4)))",
                "INDIRECT_CALL_TO_NULL | (call_indirect (type $none) (i32.const 1))",
                "BAD_SIGNATURE | (call_indirect (type $other) (i32.const 0) (i32.const 0))",
                "INTEGER_DIVISION_BY_ZERO | (drop (i32.div_s (i32.const 1) (i32.const 0)))",
                "INTEGER_OVERFLOW | (drop (i32.div_s (i32.const -2147483648) (i32.const -1)))",
                "BAD_CONVERSION_TO_INTEGER | (drop (i32.trunc_f32_s (f32.const nan)))",
            })
    void namesTraps(TrapKind kind, String body) {
        String definitions = """
                (memory 1)
                (type $none (func)) (type $other (func (param i32)))
                (func $down (call $down))
                (table $t 4 4 funcref) (elem (i32.const 0) $_start)
                """;

        assertThat(ran(run(Wat.wasm(Wat.program(definitions, body)))).end())
                .isInstanceOfSatisfying(
                        End.Trapped.class, trapped -> assertThat(trapped.kind()).isEqualTo(kind));
        assertThat(ran(run(Wat.wasm(Wat.program(definitions + "(func $init " + body + ") (start $init)", ""))))
                        .end())
                .describedAs("in the start section")
                .isInstanceOfSatisfying(
                        End.Trapped.class, trapped -> assertThat(trapped.kind()).isEqualTo(kind));
    }

    @ParameterizedTest
    @ValueSource(strings = {"(data (i32.const 65535) \"ab\")", "(table 1 1 funcref) (elem (i32.const 1) $_start)"})
    void namesFailedInstantiation(String segment) {
        assertThat(ran(run(Wat.wasm(Wat.program("(memory 1) " + segment, "")))).end())
                .isInstanceOfSatisfying(End.Trapped.class, trapped -> {
                    assertThat(trapped.kind()).isEqualTo(TrapKind.INSTANTIATION);
                    assertThat(trapped.detail()).contains("out of bounds").doesNotContain("backtrace");
                });
    }

    @Test
    void stopsAtTheRunTimeAndKeepsOutput() {
        Ran ran = ran(run(SAYS_ON_AND_LOOPS, limits(Duration.ofMillis(100), 64)));

        assertThat(ran.end()).isEqualTo(new End.TimedOut());
        assertThat(text(ran.stdout())).isEqualTo("on");
        assertThat(ran.usage().wallNanos()).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(100));
        assertThat(ran.usage().cpuNanos()).isPositive();
    }

    @Test
    void countsTheStartSectionAsRunTime() {
        byte[] wasm = Wat.wasm(Wat.program("(memory 1) (func $init (loop $forever (br $forever))) (start $init)", ""));

        assertThat(ran(run(wasm, limits(Duration.ofMillis(50), 64))).end()).isEqualTo(new End.TimedOut());
    }

    @Test
    void stopsSleepers() {
        Ran ran = ran(run(Wat.sleep(3_600_000_000_000L), limits(Duration.ofMillis(50), 64)));

        assertThat(ran.end()).isEqualTo(new End.TimedOut());
    }

    @Test
    void growsUpToTheLimitExactly() {
        byte[] wasm = Wat.wasm(Wat.program("(memory 1)", """
                (if (i32.ne (memory.grow (i32.const 9)) (i32.const 1)) (then unreachable))
                (if (i32.ne (memory.grow (i32.const 0)) (i32.const 10)) (then unreachable))
                (i32.store8 (i32.const 655359) (i32.const 1))
                (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
                (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
                (if (i32.ne (memory.size) (i32.const 10)) (then unreachable))
                """));

        Ran ran = ran(run(wasm, limits(Duration.ofSeconds(10), 10)));

        assertThat(ran.end()).isEqualTo(new End.Exited(0));
        assertThat(ran.refusedGrowths()).isEqualTo(2);
        assertThat(ran.usage().peakMemoryBytes()).isEqualTo(10L * PAGE_BYTES);
    }

    @Test
    void countsOnlyGrowthsThatTheLimitRefused() {
        byte[] wasm = Wat.wasm(Wat.program("(memory 1 3)", """
                (drop (memory.grow (i32.const 3)))
                (drop (memory.grow (i32.const -1)))
                (drop (memory.grow (i32.const 2)))
                """));

        assertThat(ran(run(wasm, limits(Duration.ofSeconds(10), 3))).refusedGrowths())
                .describedAs("the module's own maximum refuses")
                .isZero();
        assertThat(ran(run(wasm, limits(Duration.ofSeconds(10), 2))).refusedGrowths())
                .describedAs("the limit refuses what the module's maximum allows")
                .isEqualTo(1);
    }

    @Test
    void countsRefusedGrowthsOfRunsThatTrapInTheirStartSection() {
        byte[] wasm = Wat.wasm(Wat.program(
                "(memory 1) (func $init (drop (memory.grow (i32.const 9))) unreachable) (start $init)", ""));

        Ran ran = ran(run(wasm, limits(Duration.ofSeconds(10), 2)));

        assertThat(ran.end()).isInstanceOf(End.Trapped.class);
        assertThat(ran.refusedGrowths()).isEqualTo(1);
    }

    @Test
    void refusesAMinimumAboveTheLimit() {
        byte[] wasm = Wat.wasm(Wat.program("(memory 11)", ""));

        assertThat(result(run(wasm, limits(Duration.ofSeconds(10), 10))))
                .isInstanceOfSatisfying(Refused.class, refused -> {
                    assertThat(refused.cause()).isEqualTo(Cause.MODULE_REJECTED);
                    assertThat(refused.message()).contains("11").contains("10");
                });
        assertThat(ran(run(wasm, limits(Duration.ofSeconds(10), 11))).end()).isEqualTo(new End.Exited(0));
    }

    @Test
    void runsModulesWithoutMemory() {
        Ran ran = ran(run(Wat.wasm(Wat.program("", "(call $proc_exit (i32.const 4))"))));

        assertThat(ran.end()).isEqualTo(new End.Exited(4));
        assertThat(ran.usage().peakMemoryBytes()).isZero();
    }

    @Test
    void refersToFunctionsThatOnlyAnExportDeclares() {
        byte[] wasm = Wat.wasm("""
                (module
                  (type $none (func))
                  (table $t 1 funcref)
                  (func $f (export "f"))
                  (func (export "_start")
                    (table.set $t (i32.const 0) (ref.func $f))
                    (call_indirect (type $none) (i32.const 0))))
                """);

        assertThat(ran(run(wasm)).end()).isEqualTo(new End.Exited(0));
    }

    @ParameterizedTest
    @CsvSource({"0, true", "4, true", "5, false", "6, false"})
    void cutsOutputExactly(int bytes, boolean truncated) {
        RunLimits limits = new RunLimits(Duration.ofSeconds(10), 64, bytes, 1 << 18);

        Ran ran = ran(sandbox.run(request(ECHO, "hello", limits)));

        assertThat(ran.end()).isEqualTo(new End.Exited(0));
        assertThat(text(ran.stdout())).isEqualTo("hello".substring(0, Math.min(5, bytes)));
        assertThat(ran.stdoutTruncated()).isEqualTo(truncated);
        assertThat(ran.stderrTruncated()).isFalse();
    }

    @Test
    void refusesWhatTheEngineRefuses() {
        byte[] mistyped = Wat.mistyped();

        assertThat(compile(mistyped)).isInstanceOf(Compilation.Rejected.class);
        assertThat(result(run(mistyped)))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.cause()).isEqualTo(Cause.MODULE_REJECTED));
    }

    @Test
    void compilesOnce() {
        byte[] uploaded = Wat.command("(nop) (nop)");
        byte[] inline = Wat.command("(nop) (nop) (nop)");

        assertThat(compile(uploaded)).isEqualTo(new Compilation.Compiled(false));
        assertThat(compile(uploaded)).isEqualTo(new Compilation.Compiled(true));
        assertThat(ran(run(uploaded)).usage().cacheHit()).isTrue();
        assertThat(ran(run(inline)).usage().cacheHit()).isFalse();
    }

    @Test
    void cancelsARunThatComputes() {
        SandboxRun run = run(LOOP);
        awaitIdleQueue();
        run.cancel();

        assertThat(ran(run).end()).isEqualTo(new End.Cancelled());
    }

    @Test
    void cancelsARunThatSleeps() {
        SandboxRun run = run(Wat.sleep(3_600_000_000_000L));
        awaitIdleQueue();
        run.cancel();

        assertThat(ran(run).end()).isEqualTo(new End.Cancelled());
    }

    @Test
    void cancelsARunThatWaits() {
        List<SandboxRun> busy = List.of(run(LOOP), run(LOOP));
        awaitIdleQueue();
        SandboxRun waiting = run(NOTHING);

        waiting.cancel();

        assertThat(result(waiting))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.cause()).isEqualTo(Cause.CANCELLED));
        busy.forEach(SandboxRun::cancel);
        busy.forEach(run -> assertThat(ran(run).end()).isEqualTo(new End.Cancelled()));
    }

    @Test
    void cancelsWheneverItIsAsked() {
        for (int i = 0; i < 200; i++) {
            SandboxRun run = run(LOOP);
            for (int spin = 0; spin < i * 50; spin++) {
                Thread.onSpinWait();
            }
            run.cancel();
            run.cancel();

            RunResult result = result(run);
            if (result instanceof Refused refused) {
                assertThat(refused.cause()).isEqualTo(Cause.CANCELLED);
            } else {
                assertThat(((Ran) result).end()).isEqualTo(new End.Cancelled());
            }
        }
        SandboxRun ended = run(NOTHING);
        assertThat(ran(ended).end()).isEqualTo(new End.Exited(0));
        ended.cancel();
        assertThat(ran(run(NOTHING)).end()).isEqualTo(new End.Exited(0));
    }

    @Test
    void startsNoRunThatMayNotStartAnyMore() {
        StartConditions never = new StartConditions(1, StartConditions.none().startByNanos(), () -> false);
        SandboxRun run = sandbox.run(
                new RunRequest(code(NOTHING), new byte[0], List.of(), Map.of(), FileTree.empty(), LIMITS, never));

        assertThat(result(run))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.cause()).isEqualTo(Cause.MAY_NOT_START));
        assertThat(ran(run(NOTHING)).end()).isEqualTo(new End.Exited(0));
    }

    @Test
    void stopsEverythingWhenItIsClosed() {
        List<SandboxRun> busy = List.of(run(LOOP), run(Wat.sleep(3_600_000_000_000L)));
        awaitIdleQueue();
        SandboxRun waiting = run(NOTHING);

        sandbox.close();

        busy.forEach(run -> assertThat(ran(run).end()).isEqualTo(new End.Cancelled()));
        for (SandboxRun refused : List.of(waiting, run(NOTHING))) {
            assertThat(result(refused))
                    .isInstanceOfSatisfying(
                            Refused.class, r -> assertThat(r.cause()).isEqualTo(Cause.CLOSED));
        }
        assertThat(compile(NOTHING)).isInstanceOf(Compilation.Unavailable.class);
        renewSandbox();
    }

    @Test
    void runsManyAtOnceWithoutMixingThem() {
        List<SandboxRun> runs = new ArrayList<>();
        for (int i = 0; i < QUEUE.accountCapacity(); i++) {
            runs.add(run(ECHO, "run " + i));
        }

        for (int i = 0; i < runs.size(); i++) {
            assertThat(text(ran(runs.get(i)).stdout())).isEqualTo("run " + i);
        }
    }

    @Test
    void refusesStringsThatAGuestWouldReadWrongly() {
        assertThatThrownBy(() -> new RunRequest(code(NOTHING), new byte[0], List.of("a\0b"), Map.of(), LIMITS))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RunRequest(code(NOTHING), new byte[0], List.of(), Map.of("A=B", "c"), LIMITS))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private void awaitIdleQueue() {
        Awaitility.await().atMost(30, TimeUnit.SECONDS).until(this::queueIsEmpty);
    }

    /** Whether every task so far was taken by a worker. */
    protected abstract boolean queueIsEmpty();

    private static RunLimits limits(Duration runTime, int pages) {
        return new RunLimits(runTime, pages, 1 << 20, 1 << 18);
    }
}

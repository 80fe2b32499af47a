package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests that try to take more than they were given, or to learn of each other. */
public abstract class HostileGuestsContract extends SharedSandboxFixture {
    private static final RunLimits SHORT = new RunLimits(Duration.ofMillis(200), 64, 1_000, 1_000);
    private static final RunLimits BRIEF = new RunLimits(Duration.ofMillis(20), 64, 1_000, 1_000);

    @AfterEach
    void stillRunsOthers() {
        assertThat(ran(run(Wat.command(""))).end()).isEqualTo(new End.Exited(0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(loop $l (br $l))",
                "(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $l))",
                "(loop $l (drop (memory.grow (i32.const 1))) (br $l))",
                "(loop $l (drop (table.grow (ref.null func) (i32.const 1000))) (br $l))",
                "(loop $l (call_indirect (type $none) (i32.const 0)) (br $l))",
                "(loop $l (drop (call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))) (br $l))",
            })
    void stopsLoops(String body) {
        byte[] wasm = Wat.wasm(Wat.program("""
                (memory 1) (type $none (func)) (func $noop)
                (table $t 1 funcref) (elem (i32.const 0) $noop)
                """, body));

        assertThat(ran(run(wasm, SHORT)).end()).isEqualTo(new End.TimedOut());
    }

    /** What is kept of a module between its runs knows of stops elsewhere. */
    @Test
    void stopsRunsAgainAndAgainAndNoneOfAnotherModule() {
        byte[] loop = Wat.command("(loop $forever (br $forever))");
        byte[] loopsOnInput = Wat.command("""
                (i32.store (i32.const 0) (i32.const 16))
                (i32.store (i32.const 4) (i32.const 100))
                (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
                (if (i32.load (i32.const 8)) (then (loop $forever (br $forever))))
                """);
        for (int round = 0; round < 3; round++) {
            List<SandboxRun> honest =
                    Stream.generate(() -> run(loopsOnInput, SHORT)).limit(6).toList();
            honest.forEach(run -> assertThat(ran(run).end()).isEqualTo(new End.Exited(0)));

            List<SandboxRun> stopped = List.of(run(loop, BRIEF), run(loop, BRIEF));
            stopped.forEach(run -> assertThat(ran(run).end()).isEqualTo(new End.TimedOut()));
        }

        assertThat(ran(sandbox.run(request(loopsOnInput, "x", BRIEF))).end()).isEqualTo(new End.TimedOut());
    }

    @Test
    void refusesCompileBombs() {
        byte[] bomb = CompileBombs.wideLoops(1_000, 3_000);

        assertThat(compile(bomb)).isInstanceOf(Compilation.Rejected.class);
        assertThat(result(run(bomb)))
                .isInstanceOfSatisfying(
                        RunResult.Refused.class,
                        refused -> assertThat(refused.cause()).isEqualTo(RunResult.Cause.MODULE_REJECTED));
    }

    @Test
    void stopsALoopInTheStartSectionAndKeepsItsOutput() {
        byte[] wasm = Wat.wasm(Wat.program("""
                (memory 1) (data (i32.const 0) "\\08\\00\\00\\00\\02\\00\\00\\00on")
                (func $init
                  (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
                  (loop $forever (br $forever)))
                (start $init)
                """, "unreachable"));

        Ran ran = ran(run(wasm, SHORT));

        assertThat(ran.end()).isEqualTo(new End.TimedOut());
        assertThat(text(ran.stdout())).isEqualTo("on");
    }

    @Test
    void boundsTables() {
        byte[] wasm = Wat.wasm("""
                (module
                  (table $a 1 funcref) (table $b 1 externref)
                  (func (export "_start") (local $total i32)
                    (block $full (loop $more
                      (br_if $full (i32.lt_s (table.grow $a (ref.null func) (i32.const 10000)) (i32.const 0)))
                      (br $more)))
                    (block $full (loop $more
                      (br_if $full (i32.lt_s (table.grow $b (ref.null extern) (i32.const 10000)) (i32.const 0)))
                      (br $more)))
                    (local.set $total (i32.add (table.size $a) (table.size $b)))
                    (if (i32.gt_u (local.get $total) (i32.const 1000000)) (then unreachable))
                    (if (i32.lt_u (local.get $total) (i32.const 900000)) (then unreachable))))
                """);

        assertThat(ran(run(wasm)).end()).isEqualTo(new End.Exited(0));
    }

    @Test
    void survivesDeepRecursionWithLargeFrames() {
        String locals = "(local " + "i64 ".repeat(20_000) + ")";
        byte[] wasm = Wat.wasm(Wat.program("(func $down " + locals + " (call $down))", "(call $down)"));

        assertThat(ran(run(wasm)).end())
                .isInstanceOfSatisfying(
                        End.Trapped.class, trapped -> assertThat(trapped.kind()).isEqualTo(TrapKind.STACK_OVERFLOW));
    }

    @Test
    void survivesStackExhaustionInsideOfWasi() {
        byte[] wasm = Wat.wasm(Wat.program("(memory 1) (data (i32.const 4) \"\\10\")", """
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                (call $_start)
                """));

        assertThat(ran(run(wasm)).end())
                .isInstanceOfSatisfying(
                        End.Trapped.class, trapped -> assertThat(trapped.kind()).isEqualTo(TrapKind.STACK_OVERFLOW));
    }

    @Test
    void dropsAFloodOfOutput() {
        byte[] wasm =
                Wat.wasm(Wat.program("(memory 1) (data (i32.const 0) \"\\00\\00\\00\\00\\00\\00\\01\\00\")", """
                (loop $l
                  (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                  (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
                  (br $l))
                """));

        Ran ran = ran(run(wasm, SHORT));

        assertThat(ran.end()).isEqualTo(new End.TimedOut());
        assertThat(ran.stdout()).hasSize(1_000);
        assertThat(ran.stderr()).hasSize(1_000);
        assertThat(ran.stdoutTruncated()).isTrue();
        assertThat(ran.stderrTruncated()).isTrue();
    }

    @Test
    void readsMillionsOfVectorsWithinTheRunTime() {
        // 16,777,000 vectors that all name one byte: a list of 134 MB.
        byte[] wasm = Wat.wasm(Wat.program("(memory 2049)", """
                (local $at i32)
                (loop $next
                  (i32.store offset=4 (local.get $at) (i32.const 1))
                  (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 134216000))))
                (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 16777000) (i32.const 134250000))
                  (then unreachable))
                (if (i32.ne (i32.load (i32.const 134250000)) (i32.const 16777000)) (then unreachable))
                """));
        RunLimits limits = new RunLimits(Duration.ofSeconds(30), 2_049, 100, 100);

        Ran ran = ran(run(wasm, limits));

        assertThat(ran.end()).isEqualTo(new End.Exited(0));
        assertThat(ran.stdout()).hasSize(100);
        assertThat(ran.stdoutTruncated()).isTrue();
    }

    @Test
    void stopsInTheMiddleOfAHugeVectorList() {
        // 500 million vectors over all of a 4 GiB memory take longer than the run time.
        byte[] wasm = Wat.wasm(
                Wat.program(
                        "(memory 65536)",
                        "(loop $l (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 536870000) (i32.const 8))) (br $l))"));
        RunLimits limits = new RunLimits(Duration.ofMillis(50), 65_536, 100, 100);

        assertThat(ran(run(wasm, limits)).end()).isEqualTo(new End.TimedOut());
    }

    @Test
    void showsNothingOfOneRunToTheNext() {
        byte[] wasm = Wat.wasm(Wat.program("""
                (memory 2) (data (i32.const 131064) "\\07")
                (global $g (mut i32) (i32.const 3))
                (table $t 2 10 funcref) (elem (i32.const 0) $_start)
                """, """
                (local $at i32)
                ;; Everything must be as it was declared,
                (if (i32.ne (memory.size) (i32.const 2)) (then (call $proc_exit (i32.const 1))))
                (if (i32.ne (global.get $g) (i32.const 3)) (then (call $proc_exit (i32.const 2))))
                (if (i32.ne (table.size $t) (i32.const 2)) (then (call $proc_exit (i32.const 3))))
                (if (i32.eqz (ref.is_null (table.get $t (i32.const 1)))) (then (call $proc_exit (i32.const 4))))
                (if (ref.is_null (table.get $t (i32.const 0))) (then (call $proc_exit (i32.const 5))))
                (drop (memory.grow (i32.const 62)))
                (loop $next
                  (if (i64.ne
                        (i64.load (local.get $at))
                        (select (i64.const 7) (i64.const 0) (i32.eq (local.get $at) (i32.const 131064))))
                    (then (call $proc_exit (i32.const 6))))
                  (br_if $next
                    (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 4194304))))
                ;; input and output included,
                (i32.store (i32.const 0) (i32.const 16))
                (i32.store (i32.const 4) (i32.const 1000))
                (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))
                  (then (call $proc_exit (i32.const 7))))
                (if (i32.ne (i32.load (i32.const 8)) (i32.const 6)) (then (call $proc_exit (i32.const 8))))
                (i32.store (i32.const 4) (i32.const 6))
                (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
                  (then (call $proc_exit (i32.const 9))))
                ;; and is left as different as can be.
                (memory.fill (i32.const 0) (i32.const 0xa5) (i32.const 4194304))
                (global.set $g (i32.const 4))
                (table.set $t (i32.const 1) (ref.func $_start))
                (table.set $t (i32.const 0) (ref.null func))
                (drop (table.grow $t (ref.null func) (i32.const 3)))
                """));
        for (int i = 0; i < 20; i++) {
            Ran ran = ran(run(wasm, "secret"));

            assertThat(ran.end()).isEqualTo(new End.Exited(0));
            assertThat(text(ran.stdout())).isEqualTo("secret");
            assertThat(ran(run(Wat.command(""))).stdout()).isEmpty();
        }
    }
}

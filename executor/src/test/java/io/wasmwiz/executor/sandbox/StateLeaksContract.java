package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import io.wasmwiz.executor.wasm.ModulePolicyConfig;
import io.wasmwiz.executor.wasm.ModuleRefusedException;
import io.wasmwiz.executor.wasm.SandboxRewrite;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * No run sees anything of another: the canary first checks that all it can reach is as the module declares it, then
 * dirties all of it, then ends in the way that its input asks for.
 */
public abstract class StateLeaksContract extends SandboxFixture {
    /** With them, a store has come to its end and another has begun. */
    private static final int RUNS_AFTER_STORES = 100;

    private static final RunLimits ROOMY = new RunLimits(Duration.ofSeconds(10), 8, 4_096, 4_096);
    /** Long enough to dirty everything first, on a busy machine, too. */
    private static final RunLimits SHORT = new RunLimits(Duration.ofMillis(80), 8, 4_096, 4_096);

    private static final int FIRST_LEAK = 200;

    /**
     * Exits with 200 and more when something is not fresh: 200 memory, 201 global, 202 table, 203 passive data, 204
     * passive elements, 205 input, 206 streams, 207 memory size, 208 table size, 209 the clock, 210
     * descriptors, 211 the start function.
     */
    private static final String TEXT = "(module "
            + List.of(
                            "fd_read",
                            "fd_write",
                            "fd_close",
                            "proc_exit",
                            "poll_oneoff",
                            "random_get",
                            "clock_time_get",
                            "fd_fdstat_get",
                            "fd_fdstat_set_flags",
                            "fd_renumber")
                    .stream()
                    .map(Preview1::imported)
                    .reduce("", String::concat)
            + """
            (type $none (func))
            (memory 2)
            (data (i32.const 64) "constant")
            (data $passive "passive!")
            (table $t 8 16 funcref) (table $x 4 externref)
            (elem (table $t) (i32.const 1) func $marker)
            (elem $spare func $marker $other)
            (global $number (mut i64) (i64.const 7))
            (global $function (mut funcref) (ref.func $marker))
            (global $bits (mut i32) (i32.const -1))
            (global $single (mut f32) (f32.const 1.5))
            (global $double (mut f64) (f64.const -0.0))
            (global $constant f64 (f64.const 2.5))
            (global $begun (mut i32) (i32.const 0))
            (func $begin (global.set $begun (i32.add (global.get $begun) (i32.const 1))))
            (start $begin)
            (func $marker) (func $other)
            (func $deep (call $deep))
            (func $check (param $code i32) (param $wrong i32)
              (if (local.get $wrong) (then (call $proc_exit (local.get $code)))))
            ;; All of the memory is zero, but for the constant; before anything is written to it.
            (func $check_memory (local $at i32) (local $bits i64)
              (loop $next
                (if (i32.ne (local.get $at) (i32.const 64))
                  (then (local.set $bits (i64.or (local.get $bits) (i64.load (local.get $at))))))
                (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 131072))))
              (call $check (i32.const 200) (i64.ne (local.get $bits) (i64.const 0)))
              (call $check (i32.const 200) (i64.ne (i64.load (i32.const 64)) (i64.const 0x746e6174736e6f63))))
            (func $check_rest
              (call $check (i32.const 201) (i64.ne (global.get $number) (i64.const 7)))
              (call $check (i32.const 201) (ref.is_null (global.get $function)))
              (call $check (i32.const 201) (i32.ne (global.get $bits) (i32.const -1)))
              (call $check (i32.const 201) (f32.ne (global.get $single) (f32.const 1.5)))
              (call $check (i32.const 201)
                (i64.ne (i64.reinterpret_f64 (global.get $double)) (i64.const 0x8000000000000000)))
              (call $check (i32.const 201) (f64.ne (global.get $constant) (f64.const 2.5)))
              (call $check (i32.const 211) (i32.ne (global.get $begun) (i32.const 1)))
              (call $check (i32.const 207) (i32.ne (memory.size) (i32.const 2)))
              (call $check (i32.const 208) (i32.ne (table.size $t) (i32.const 8)))
              (call $check (i32.const 208) (i32.ne (table.size $x) (i32.const 4)))
              (call $check (i32.const 202) (ref.is_null (table.get $t (i32.const 1))))
              (call $check (i32.const 202) (i32.eqz (ref.is_null (table.get $t (i32.const 0)))))
              (call $check (i32.const 202) (i32.eqz (ref.is_null (table.get $t (i32.const 7)))))
              (call $check (i32.const 202) (i32.eqz (ref.is_null (table.get $x (i32.const 3)))))
              CHECK_SEGMENTS)
            ;; Three streams without flags, with all their rights, and no other descriptor.
            (func $check_descriptors (local $fd i32)
              (loop $next
                (if (i32.gt_u (local.get $fd) (i32.const 2))
                  (then
                    (call $check (i32.const 210)
                      (i32.ne (call $fd_fdstat_get (local.get $fd) (i32.const 400)) (i32.const 8))))
                  (else
                    (call $check (i32.const 210) (call $fd_fdstat_get (local.get $fd) (i32.const 400)))
                    (call $check (i32.const 210) (i32.load (i32.const 400)))
                    (call $check (i32.const 210)
                      (i64.ne (i64.load (i32.const 408))
                        (select (i64.const 0x08200048) (i64.const 0x0820000a) (local.get $fd))))))
                (br_if $next (i32.lt_u (local.tee $fd (i32.add (local.get $fd) (i32.const 1))) (i32.const 100)))))
            (func $dirty
              (global.set $number (i64.const -1))
              (global.set $function (ref.null func))
              (global.set $bits (i32.const 1))
              (global.set $single (f32.const nan))
              (global.set $double (f64.const 3))
              CHANGE_TABLES_AND_SEGMENTS
              (drop (call $random_get (i32.const 0) (i32.const 131072)))
              (memory.fill (i32.const 70000) (i32.const 0xa5) (i32.const 61072))
              ;; more than is kept, to both streams
              (i32.store (i32.const 0) (i32.const 70000)) (i32.store (i32.const 4) (i32.const 61000))
              (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 16)))
              (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
              (drop (call $fd_fdstat_set_flags (i32.const 0) (i32.const 5)))
              (drop (call $fd_fdstat_set_flags (i32.const 1) (i32.const 5)))
              (drop (call $fd_renumber (i32.const 0) (i32.const 2)))
              (drop (call $fd_close (i32.const 0)))
              (drop (call $fd_close (i32.const 1)))
              (drop (call $fd_close (i32.const 2))))
            (func (export "_start") (local $how i32)
              (call $check_memory)
              (call $check_rest)
              (call $check_descriptors)
              ;; a clock that starts with the run is younger than a minute
              (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 256)))
              (call $check (i32.const 209) (i64.gt_u (i64.load (i32.const 256)) (i64.const 60000000000)))
              ;; input: all of it unread; then one byte of it is how to end
              (i32.store (i32.const 0) (i32.const 300)) (i32.store (i32.const 4) (i32.const 1))
              (call $check (i32.const 206) (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
              (call $check (i32.const 205) (i32.ne (i32.load (i32.const 16)) (i32.const 1)))
              (local.set $how (i32.load8_u (i32.const 300)))
              ;; output: what is read back from the result is this run's only
              (i32.store (i32.const 4) (i32.const 1))
              (call $check (i32.const 206) (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
              (if (i32.eq (local.get $how) (i32.const 0x71)) (then (return)))  ;; q: quiet
              (call $dirty)
              (block $m (block $t (block $d (block $o (block $s (block $l (block $u (block $e (block $r
                (br_table $r $e $u $l $s $o $d $t $m (i32.sub (local.get $how) (i32.const 0x61))))
                (return))
                (call $proc_exit (i32.const 9)))
                unreachable)
                (loop $forever (br $forever)))
                ;; sleeps for an hour
                (memory.fill (i32.const 0) (i32.const 0) (i32.const 64))
                (i32.store (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (i64.const 3600000000000))
                (drop (call $poll_oneoff (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256))))
                (call $deep))
                (drop (i32.load (i32.const -1))))
                GROW_TABLE
                (return))
              (drop (memory.grow (i32.const 1)))
              (drop (memory.grow (i32.const 100)))
              (memory.fill (i32.const 0) (i32.const 0xff) (i32.const 196608))))
            """;

    /** The parts without which a runtime may take one instance for many runs. */
    private static final String CHECK_SEGMENTS = """
              ;; A segment that was dropped traps here.
              (memory.init $passive (i32.const 128) (i32.const 0) (i32.const 8))
              (call $check (i32.const 203) (i64.ne (i64.load (i32.const 128)) (i64.const 0x2165766973736170)))
              (table.init $t $spare (i32.const 4) (i32.const 0) (i32.const 2))
              (call $check (i32.const 204) (ref.is_null (table.get $t (i32.const 5))))
            """;

    private static final String CHANGE_TABLES_AND_SEGMENTS = """
              (table.fill $t (i32.const 0) (ref.func $other) (i32.const 8))
              (table.set $t (i32.const 1) (ref.null func))
              (data.drop $passive)
              (elem.drop $spare)
            """;

    /** Modules that a runtime may treat differently, by the state that they can change. */
    enum Canary {
        CHANGES_MEMORY_AND_GLOBALS(1_024, "", "", ""),
        CHANGES_TABLES(256, CHECK_SEGMENTS, CHANGE_TABLES_AND_SEGMENTS, ""),
        GROWS_TABLES(
                1,
                CHECK_SEGMENTS,
                CHANGE_TABLES_AND_SEGMENTS,
                "(drop (table.grow $t (ref.func $other) (i32.const 4)))");

        /** Runs that follow each other in one store at most. */
        private final int storeRuns;

        private final byte[] wasm;

        Canary(int storeRuns, String checkSegments, String changes, String growTable) {
            this.storeRuns = storeRuns;
            this.wasm = Wat.wasm(TEXT.replace("CHECK_SEGMENTS", checkSegments)
                    .replace("CHANGE_TABLES_AND_SEGMENTS", changes)
                    .replace("GROW_TABLE", growTable));
        }

        /** The same with another digest. */
        private byte[] other() {
            byte[] other = Arrays.copyOf(wasm, wasm.length + 4);
            // A custom section of two bytes, named x.
            System.arraycopy(new byte[] {0, 2, 1, 'x'}, 0, other, wasm.length, 4);
            return other;
        }
    }

    /** How a canary ends, by the letter that it reads. */
    enum Ending {
        RETURNS(new End.Exited(0)),
        EXITS(new End.Exited(9)),
        TRAPS(null),
        LOOPS(new End.TimedOut()),
        SLEEPS(new End.TimedOut()),
        OVERFLOWS(null),
        LEAVES_ITS_MEMORY(null),
        ENDS_LATE(new End.Exited(0)),
        GROWS_ITS_MEMORY(new End.Exited(0));

        /** Null for a trap. */
        private final @Nullable End end;

        Ending(@Nullable End end) {
            this.end = end;
        }

        String letter() {
            return String.valueOf((char) ('a' + ordinal()));
        }

        boolean isStop() {
            return this == LOOPS || this == SLEEPS;
        }
    }

    @ParameterizedTest
    @EnumSource(Canary.class)
    void leavesNothingAfterEveryEnd(Canary canary) {
        for (Ending ending : Ending.values()) {
            for (int i = 0; i < 8; i++) {
                check(run(canary, ending), ending, ending + " run " + i);
                checkQuiet(ACCOUNT, canary);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Canary.class)
    void leavesNothingOverManyRuns(Canary canary) {
        long seed = Long.getLong("wasmwiz.fuzz.seed", 20_261_121);
        var random = new Random(seed);
        for (int i = 0; i < canary.storeRuns + 2 * RUNS_AFTER_STORES; i++) {
            // What lets a store live on, and at last also what ends it.
            Ending ending = i > canary.storeRuns + RUNS_AFTER_STORES && i % 9 == 8
                    ? any(random)
                    : i % 2 == 0 ? Ending.RETURNS : Ending.EXITS;
            check(run(canary, ending), ending, "seed " + seed + " run " + i);
        }
    }

    /** Each run opens all that it finds until no descriptor is left, and reads; the tree before it is gone. */
    @Test
    void leavesNoFiles() {
        byte[] reader = Wat.wasm("(module " + Preview1.imported("path_open") + Preview1.imported("fd_pread")
                + Preview1.imported("proc_exit") + """
                (memory 1) (data (i32.const 0) "n0n1") (data (i32.const 16) "\\40\\00\\00\\00\\40\\00\\00\\00")
                ;; How many bytes the file has, which must all be $letter; 100 when there is none.
                (func $read (param $name i32) (param $letter i32) (result i32) (local $error i32) (local $at i32)
                  (memory.fill (i32.const 64) (i32.const 0) (i32.const 64))
                  (local.set $error
                    (call $path_open (i32.const 3) (i32.const 0) (local.get $name) (i32.const 2) (i32.const 0)
                      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))
                  (if (local.get $error) (then (return (i32.const 100))))
                  (if (call $fd_pread (i32.load (i32.const 8)) (i32.const 16) (i32.const 1) (i64.const 0) (i32.const 12))
                    (then unreachable))
                  (loop $next
                    (if (i32.ne
                          (i32.load8_u offset=64 (local.get $at))
                          (select (local.get $letter) (i32.const 0)
                            (i32.lt_u (local.get $at) (i32.load (i32.const 12)))))
                      (then unreachable))
                    (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 64))))
                  (i32.load (i32.const 12)))
                (func (export "_start") (local $code i32)
                  (local.set $code
                    (i32.add
                      (call $read (i32.const 0) (i32.const 0x30))
                      (call $read (i32.const 2) (i32.const 0x31))))
                  (loop $more
                    (br_if $more
                      (i32.eqz
                        (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 0)
                          (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))))
                  (call $proc_exit (local.get $code))))
                """);
        for (int i = 0; i < 40; i++) {
            int bytes = i % 7 + 1;
            List<FileTree.File> files = i % 3 == 2
                    ? List.of()
                    : List.of(new FileTree.File(
                            "n" + i % 3, String.valueOf(i % 3).repeat(bytes).getBytes(StandardCharsets.UTF_8)));

            Ran ran = ran(sandbox.run(new RunRequest(
                    new ModuleCode(ACCOUNT, ModuleDigest.of(reader), reader),
                    new byte[0],
                    List.of(),
                    Map.of(),
                    FileTree.of(files),
                    ROOMY)));

            assertThat(ran.end())
                    .describedAs("run " + i)
                    .isEqualTo(new End.Exited(files.isEmpty() ? 200 : 100 + bytes));
        }
    }

    @ParameterizedTest
    @EnumSource(Canary.class)
    void leavesNothingToOtherAccountsAndModules(Canary canary) {
        byte[] other = canary.other();
        for (int i = 0; i < 30; i++) {
            Ending ending = i % 2 == 0 ? Ending.RETURNS : Ending.EXITS;
            UUID account = new UUID(9, i % 3);
            check(
                    sandbox.run(request(account, i % 5 == 0 ? other : canary.wasm, ending.letter(), ROOMY)),
                    ending,
                    "run " + i);
            checkQuiet(new UUID(9, (i + 1) % 3), canary);
        }
    }

    @ParameterizedTest
    @EnumSource(Canary.class)
    void leavesNothingWhenRunsAreCancelled(Canary canary) {
        for (int i = 0; i < 8; i++) {
            SandboxRun run = sandbox.run(
                    request(ACCOUNT, canary.wasm, (i % 2 == 0 ? Ending.LOOPS : Ending.SLEEPS).letter(), ROOMY));
            for (int spin = 0; spin < i * 50_000; spin++) {
                Thread.onSpinWait();
            }
            run.cancel();

            if (result(run) instanceof Ran ran) {
                assertThat(ran.end()).isEqualTo(new End.Cancelled());
            }
            checkQuiet(ACCOUNT, canary);
        }
    }

    @Test
    void mixesNoOutputsOfRunsWithOtherSizes() {
        byte[] echo = SandboxRuntimeContract.ECHO;
        for (int i = 0; i < 300; i++) {
            String input = String.valueOf((char) ('a' + i % 26)).repeat(i * 37 % 3_000);
            RunLimits limits = new RunLimits(Duration.ofSeconds(10), 8, i % 7 == 0 ? 10 : 4_096, i % 3);

            Ran ran = ran(sandbox.run(request(ACCOUNT, echo, input, limits)));

            assertThat(text(ran.stdout()))
                    .describedAs("run %d", i)
                    .isEqualTo(input.substring(0, Math.min(input.length(), limits.stdoutBytes())));
            assertThat(ran.stderr()).isEmpty();
            assertThat(ran.stdoutTruncated()).isEqualTo(input.length() > limits.stdoutBytes());
        }
    }

    @Test
    void keepsRunsApartInEachWay() throws ModuleRefusedException {
        for (Canary canary : Canary.values()) {
            assertThat(SandboxRewrite.rewrite(canary.wasm, ModulePolicyConfig.DEFAULTS, new byte[0])
                            .startsAnew())
                    .isEqualTo(canary == Canary.CHANGES_MEMORY_AND_GLOBALS);
        }
    }

    /** The engine bounds the tables of a store. */
    @Test
    void runsModulesOfManyTablesAgainAndAgain() {
        byte[] wasm = Wat.wasm("(module " + "(table 1 funcref)".repeat(100)
                + "(func (export \"_start\") (table.set 99 (i32.const 0) (ref.null func))))");
        for (int i = 0; i < 120; i++) {
            assertThat(ran(run(wasm, ROOMY)).end()).describedAs("run %d", i).isEqualTo(new End.Exited(0));
        }
    }

    @Test
    void obeysEachRunsOwnMemoryLimit() {
        byte[] wasm = Wat.command("(call $proc_exit (i32.add (i32.const 1) (memory.grow (i32.const 3))))");
        for (int i = 0; i < 20; i++) {
            // Twice each, so that the second may follow in the first one's store.
            int pages = 1 + i / 2 % 5;

            Ran ran = ran(run(wasm, new RunLimits(Duration.ofSeconds(10), pages, 10, 10)));

            assertThat(ran.end()).describedAs("%d pages", pages).isEqualTo(new End.Exited(pages < 4 ? 0 : 2));
            assertThat(ran.refusedGrowths()).isEqualTo(pages < 4 ? 1 : 0);
            assertThat(ran.usage().peakMemoryBytes()).isEqualTo((pages < 4 ? 1 : 4) * (long) RunLimits.PAGE_BYTES);
        }
    }

    private SandboxRun run(Canary canary, Ending ending) {
        return sandbox.run(request(ACCOUNT, canary.wasm, ending.letter(), ending.isStop() ? SHORT : ROOMY));
    }

    private static void check(SandboxRun run, Ending ending, String what) {
        Ran ran = ran(run);
        if (ran.end() instanceof End.Exited exited) {
            assertThat(exited.code())
                    .describedAs("%s: a code of %d and more names what leaked", what, FIRST_LEAK)
                    .isLessThan(FIRST_LEAK);
        }
        if (ending.end == null) {
            assertThat(ran.end()).describedAs(what).isInstanceOf(End.Trapped.class);
        } else {
            assertThat(ran.end()).describedAs(what).isEqualTo(ending.end);
        }
        assertThat(ran.stdoutTruncated()).describedAs(what).isTrue();
        assertThat(ran.stderrTruncated()).describedAs(what).isTrue();
        assertThat(ran.stdout())
                .describedAs(what)
                .hasSize(4_096)
                .startsWith(ending.letter().getBytes(StandardCharsets.UTF_8));
    }

    /** A run that finds all fresh, and whose result holds nothing but its own byte. */
    private void checkQuiet(UUID account, Canary canary) {
        Ran ran = ran(sandbox.run(request(account, canary.wasm, "q and more input", ROOMY)));

        assertThat(ran.end()).isEqualTo(new End.Exited(0));
        assertThat(text(ran.stdout())).isEqualTo("q");
        assertThat(ran.stderr()).isEmpty();
        assertThat(ran.stdoutTruncated()).isFalse();
        assertThat(ran.stderrTruncated()).isFalse();
        assertThat(ran.refusedGrowths()).isZero();
        assertThat(ran.usage().peakMemoryBytes()).isEqualTo(2L * RunLimits.PAGE_BYTES);
    }

    private static Ending any(Random random) {
        return Ending.values()[random.nextInt(Ending.values().length)];
    }

    private static RunRequest request(UUID account, byte[] wasm, String input, RunLimits limits) {
        return new RunRequest(
                new ModuleCode(account, ModuleDigest.of(wasm), wasm),
                input.getBytes(StandardCharsets.UTF_8),
                List.of(),
                Map.of(),
                limits);
    }
}

package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.sandbox.RunResult.End;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What calling a function of a module without {@code _start} must do, in whatever sandbox. */
public abstract class InvocationContract extends SharedSandboxFixture {
    private static final byte[] ARITHMETIC = Wat.wasm("""
            (module
              (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
              (func (export "mul") (param i64 i64) (result i64) (i64.mul (local.get 0) (local.get 1)))
              (func (export "half") (param f32) (result f32) (f32.div (local.get 0) (f32.const 2)))
              (func (export "root") (param f64) (result f64) (f64.sqrt (local.get 0)))
              (func (export "same32") (param f32) (result f32) (local.get 0))
              (func (export "same64") (param f64) (result f64) (local.get 0))
              (func (export "turn") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
                (local.get 3) (local.get 2) (local.get 1) (local.get 0))
              (func (export "nothing"))
              (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
              (func (export "forever") (loop (br 0))))
            """);

    @Test
    void givesWhatTheFunctionReturns() {
        assertThat(results("add", Value.i32(-5), Value.i32(3))).containsExactly(Value.i32(-2));
        assertThat(results("mul", Value.i64(1L << 40), Value.i64(-3))).containsExactly(Value.i64(-3L << 40));
        assertThat(results("half", Value.f32(3.0f))).containsExactly(Value.f32(1.5f));
        assertThat(results("root", Value.f64(2.25))).containsExactly(Value.f64(1.5));
        assertThat(results("nothing")).isEmpty();
    }

    @Test
    void keepsTheOrderOfSeveralResultsOfEveryType() {
        assertThat(results("turn", Value.i32(1), Value.i64(-2), Value.f32(0.5f), Value.f64(-0.25)))
                .containsExactly(Value.f64(-0.25), Value.f32(0.5f), Value.i64(-2), Value.i32(1));
    }

    @Test
    void keepsTheBitsOfNaNs() {
        Value signalling = new Value(ValueType.F32, 0xffa0_0001L);
        Value withPayload = new Value(ValueType.F64, 0xfff4_0000_dead_beefL);

        assertThat(results("same32", signalling)).containsExactly(signalling);
        assertThat(results("same64", withPayload)).containsExactly(withPayload);
    }

    @Test
    void takesAndGivesSixteenValues() {
        String longs = String.join(" ", Collections.nCopies(Signature.MAX_VALUES, "i64"));
        String backwards = IntStream.range(0, Signature.MAX_VALUES)
                .mapToObj(i -> "(local.get " + (Signature.MAX_VALUES - 1 - i) + ")")
                .reduce("", String::concat);
        byte[] wasm =
                Wat.wasm("(module (func (export \"f\") (param %s) (result %s) %s))".formatted(longs, longs, backwards));
        List<Value> values = IntStream.range(0, Signature.MAX_VALUES)
                .mapToObj(i -> Value.i64(Long.MIN_VALUE + i))
                .toList();

        End end = ran(invoke(wasm, "f", values)).end();

        List<Value> reversed = new java.util.ArrayList<>(values);
        Collections.reverse(reversed);
        assertThat(end).isEqualTo(new End.Exited(0, reversed));
    }

    @Test
    void callsTheStartSectionsFunctionThenInitializeThenTheFunction() {
        byte[] wasm = Wat.wasm("""
                (module
                  (global $order (mut i32) (i32.const 0))
                  (func $step (param i32)
                    (global.set $order (i32.add (i32.mul (global.get $order) (i32.const 10)) (local.get 0))))
                  (func $first (call $step (i32.const 1)))
                  (start $first)
                  (func (export "_initialize") (call $step (i32.const 2)))
                  (func (export "order") (result i32) (call $step (i32.const 3)) (global.get $order)))
                """);

        assertThat(ran(invoke(wasm, "order", List.of())).end()).isEqualTo(new End.Exited(0, List.of(Value.i32(123))));
    }

    /** More calls than a sandbox's workers have stores, so that some follow others in one. */
    @Test
    void everyCallFindsTheModuleAsItIsDefined() {
        byte[] wasm = Wat.wasm("""
                (module
                  (memory (export "memory") 1 2)
                  (data $segment "x")
                  (table $table 2 4 funcref)
                  (global $calls (export "calls") (mut i32) (i32.const 0))
                  (func $marker (export "marker"))
                  (func (export "touch") (result i32 i32 i32 i32)
                    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                    (global.get $calls)
                    (i32.load (i32.const 4096))
                    (ref.is_null (table.get $table (i32.const 1)))
                    (i32.load8_u (i32.const 7))
                    (i32.store (i32.const 4096) (i32.const -1))
                    (table.set $table (i32.const 1) (ref.func $marker))
                    (memory.init $segment (i32.const 7) (i32.const 0) (i32.const 1))
                    (data.drop $segment)))
                """);
        End untouched = new End.Exited(0, List.of(Value.i32(1), Value.i32(0), Value.i32(1), Value.i32(0)));

        assertThat(IntStream.range(0, 8)
                        .mapToObj(i -> ran(invoke(wasm, "touch", List.of())).end()))
                .allMatch(untouched::equals);
    }

    /** As above, of a module whose instance may serve many calls. */
    @Test
    void everyCallFindsFirstValuesAndSegmentsInTheirOrder() {
        byte[] wasm = Wat.wasm("""
                (module
                  (memory (export "memory") 1)
                  (data (i32.const 0) "aaaa") (data "passive") (data (i32.const 2) "bbbb") (data (i32.const 3) "c")
                  (data (i32.const 65536) "")
                  (global $calls (mut i32) (i32.const 40))
                  (global $single (mut f32) (f32.const nan:0x200001))
                  (global $double (mut f64) (f64.const -nan:0x4000000000001))
                  (func (export "_initialize") (global.set $calls (i32.add (global.get $calls) (i32.const 2))))
                  (func (export "touch") (result i32 i32 i32 i64)
                    (global.get $calls)
                    (i32.load (i32.const 0))
                    (i32.reinterpret_f32 (global.get $single))
                    (i64.reinterpret_f64 (global.get $double))
                    (global.set $calls (i32.const 0))
                    (i64.store (i32.const 0) (i64.const -1))
                    (global.set $single (f32.const 1))
                    (global.set $double (f64.const 1))))
                """);
        End untouched = new End.Exited(
                0,
                List.of(Value.i32(42), Value.i32(0x63626161), Value.i32(0x7fa00001), Value.i64(0xfff4000000000001L)));

        assertThat(IntStream.range(0, 8)
                        .mapToObj(i -> ran(invoke(wasm, "touch", List.of())).end()))
                .allMatch(untouched::equals);
    }

    @Test
    void hasInputArgumentsAndOutput() {
        byte[] wasm = Wat.wasm("""
                (module
                  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
                  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
                  (memory (export "memory") 1)
                  (func (export "echo") (param $fd i32) (result i32)
                    (i32.store (i32.const 0) (i32.const 64))
                    (i32.store (i32.const 4) (i32.const 100))
                    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
                    (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
                """);

        RunResult.Ran ran = ran(invoke(wasm, "echo", List.of(Value.i32(2)), "hello", LIMITS));

        assertThat(ran.end()).isEqualTo(new End.Exited(0, List.of(Value.i32(0))));
        assertThat(text(ran.stderr())).isEqualTo("hello");
    }

    @Test
    void hasNoResultsAfterAnExit() {
        byte[] wasm = Wat.wasm("""
                (module
                  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                  (memory (export "memory") 1)
                  (func (export "quit") (param i32) (result i32) (call $exit (local.get 0)) (i32.const 1)))
                """);

        assertThat(ran(invoke(wasm, "quit", List.of(Value.i32(200)))).end()).isEqualTo(new End.Exited(200));
    }

    @Test
    void trapsWithTheFunctionsNameOnTheStack() {
        End end = ran(invoke(ARITHMETIC, "divide", List.of(Value.i32(1), Value.i32(0))))
                .end();

        assertThat(end).isInstanceOfSatisfying(End.Trapped.class, trapped -> {
            assertThat(trapped.kind()).isEqualTo(TrapKind.INTEGER_DIVISION_BY_ZERO);
            assertThat(trapped.backtrace()).containsExactly("function 8");
        });
    }

    @Test
    void stopsAtTheRunTime() {
        RunLimits limits = new RunLimits(Duration.ofMillis(50), 1, 0, 0);

        assertThat(ran(invoke(ARITHMETIC, "forever", List.of(), "", limits)).end())
                .isEqualTo(new End.TimedOut());
    }

    @ParameterizedTest
    @CsvSource({"added", "_initialize", "selected", "run", "value_0"})
    void refusesAFunctionThatIsNotThere(String export) {
        assertThat(result(invoke(ARITHMETIC, export, List.of())))
                .isInstanceOfSatisfying(
                        RunResult.Refused.class,
                        refused -> assertThat(refused.cause()).isEqualTo(RunResult.Cause.MODULE_REJECTED));
    }

    @Test
    void refusesOtherArgumentsThanTheFunctionTakes() {
        Stream.of(
                        List.<Value>of(),
                        List.of(Value.i32(1)),
                        List.of(Value.i32(1), Value.i64(2)),
                        List.of(Value.i32(1), Value.i32(2), Value.i32(3)))
                .forEach(arguments -> assertThat(result(invoke(ARITHMETIC, "add", arguments)))
                        .isInstanceOfSatisfying(
                                RunResult.Refused.class,
                                refused -> assertThat(refused.message()).contains("(i32 i32) -> (i32)")));
    }

    @Test
    void refusesARunThatNamesNoFunctionAndACallOfACommand() {
        assertThat(result(run(ARITHMETIC))).isInstanceOf(RunResult.Refused.class);
        assertThat(result(invoke(Wat.command(""), "_start", List.of()))).isInstanceOf(RunResult.Refused.class);
    }

    private List<Value> results(String export, Value... arguments) {
        End end = ran(invoke(ARITHMETIC, export, List.of(arguments))).end();
        assertThat(end).isInstanceOf(End.Exited.class);
        return ((End.Exited) end).results();
    }

    private SandboxRun invoke(byte[] wasm, String export, List<Value> arguments) {
        return invoke(wasm, export, arguments, "", LIMITS);
    }

    private SandboxRun invoke(byte[] wasm, String export, List<Value> arguments, String input, RunLimits limits) {
        return sandbox.run(new RunRequest(
                code(wasm),
                input.getBytes(StandardCharsets.UTF_8),
                List.of(),
                Map.of(),
                FileTree.empty(),
                limits,
                Optional.of(new Invocation(export, arguments)),
                StartConditions.none()));
    }
}

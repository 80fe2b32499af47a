package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.dylibso.chicory.wabt.Wat2Wasm;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Ran;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the author of a module learns of a trap: its kind exactly, and the functions on the stack. */
public abstract class TrapsContract extends SharedSandboxFixture {
    private static final byte[] NESTED = Wat2Wasm.parse("""
            (module
              (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
              (func unreachable)
              (func (call 1))
              (func (export "_start") (call 2)))
            """);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "INTEGER_DIVISION_BY_ZERO | (drop (i32.div_s (i32.const 7) (local.get $zero)))",
                "INTEGER_DIVISION_BY_ZERO | (drop (i64.div_s (i64.const 7) (i64.const 0)))",
                "INTEGER_DIVISION_BY_ZERO | (drop (i32.div_u (i32.const 7) (local.get $zero)))",
                "INTEGER_DIVISION_BY_ZERO | (drop (i32.rem_s (i32.const 7) (local.get $zero)))",
                "INTEGER_DIVISION_BY_ZERO | (drop (i64.rem_u (i64.const 7) (i64.const 0)))",
                "INTEGER_OVERFLOW | (drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))",
                "INTEGER_OVERFLOW | (drop (i32.trunc_f32_u (f32.const -1)))",
                "INTEGER_OVERFLOW | (drop (i32.trunc_f64_s (f64.const 1e300)))",
                "INTEGER_OVERFLOW | (drop (i64.trunc_f64_u (f64.const inf)))",
                "BAD_CONVERSION_TO_INTEGER | (drop (i32.trunc_f64_u (f64.const nan)))",
                "BAD_CONVERSION_TO_INTEGER | (drop (i64.trunc_f32_s (f32.const -nan)))",
                "MEMORY_OUT_OF_BOUNDS | (memory.fill (i32.const 65535) (i32.const 0) (i32.const 2))",
                "MEMORY_OUT_OF_BOUNDS | (memory.init $data (i32.const 0) (i32.const 0) (i32.const 9))",
                "TABLE_OUT_OF_BOUNDS | (table.set $u (i32.const 3) (ref.null func))",
                "TABLE_OUT_OF_BOUNDS | (call_indirect $u (type $none) (i32.const 3))",
                "TABLE_OUT_OF_BOUNDS | (call_indirect $u (type $none) (i32.const -1))",
                "INDIRECT_CALL_TO_NULL | (call_indirect $u (type $none) (i32.const 1))",
                "BAD_SIGNATURE | (drop (call_indirect $u (type $number) (i32.const 2)))",
            })
    void tellsReasonsOfOneInstructionApart(TrapKind kind, String body) {
        byte[] wasm = Wat.wasm(Wat.program("""
                (memory 1) (data $data "x")
                (type $none (func)) (type $number (func (result i32)))
                (func $f)
                (table $t 2 2 funcref) (table $x 1 1 externref) (table $u 3 3 funcref)
                (elem (table $t) (i32.const 0) func $f $f) (elem (table $u) (i32.const 2) func $f)
                """, "(local $zero i32) " + body));

        assertThat(trapped(wasm).kind()).isEqualTo(kind);
    }

    @Test
    void computesAsWithoutTraps() {
        byte[] wasm = Wat.wasm(Wat.program("""
                (memory 1) (type $binary (func (param i32 i32) (result i32)))
                (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
                (table 1 1 funcref) (elem (i32.const 0) $divide)
                """, """
                (if (i64.ne (i64.div_s (i64.const -91) (i64.const 7)) (i64.const -13)) (then unreachable))
                (if (i32.ne (i32.trunc_f32_s (f32.const -3.9)) (i32.const -3)) (then unreachable))
                (if (i64.ne (i64.trunc_f64_u (f64.const 4e18)) (i64.const 4000000000000000000)) (then unreachable))
                (call $proc_exit (call_indirect (type $binary) (i32.const 84) (i32.const 2) (i32.const 0)))
                """));

        assertThat(ran(run(wasm)).end()).isEqualTo(new End.Exited(42));
    }

    @Test
    void numbersTheFunctionsOfTheStack() {
        assertThat(trapped(NESTED).backtrace()).containsExactly("function 1", "function 2", "function 3");
    }

    @Test
    void namesTheFunctionsOfTheStack() {
        byte[] wasm = withNames(NESTED, List.of("yield", "panic", "parse<T>::next", "_start"));

        assertThat(trapped(wasm).backtrace())
                .containsExactly("panic (function 1)", "parse<T>::next (function 2)", "_start (function 3)");
    }

    @Test
    void leavesOutWhatIsNotTheGuests() {
        byte[] wasm = Wat.wasm("(module " + Preview1.imported("fd_write") + """
                (memory 1)
                (func $recurse
                  (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                  (call $recurse))
                (func $init (call $recurse))
                (start $init)
                (func (export "_start")))
                """);

        assertThat(trapped(wasm).backtrace()).last().isEqualTo("function 2");
        assertThat(trapped(wasm).backtrace())
                .filteredOn(line -> !line.startsWith("…"))
                .allMatch(line -> line.matches("function [12]"));
    }

    @Test
    void keepsBothEndsOfADeepStack() {
        byte[] wasm = Wat.wasm("(module (func $down (call $down)) (func (export \"_start\") (call $down)))");

        End.Trapped trapped = trapped(wasm);

        assertThat(trapped.kind()).isEqualTo(TrapKind.STACK_OVERFLOW);
        assertThat(trapped.backtrace()).hasSize(33).startsWith("function 0").endsWith("function 0", "function 1");
        assertThat(trapped.backtrace().get(24)).matches("… \\d+ more …");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\u001b[31m\u0000b", "\u202eevil\u2028", "new\nline\r"})
    void escapesNames(String name) {
        String shown =
                trapped(withNames(NESTED, List.of("x", name))).backtrace().get(0);

        assertThat(shown).contains("\\u{").endsWith(" (function 1)");
        assertThat(shown.codePoints()).noneMatch(c -> Character.isISOControl(c) || c == 0x202e || c == 0x2028);
    }

    @Test
    void cutsLongNames() {
        String shown = trapped(withNames(NESTED, List.of("x", "n".repeat(100_000))))
                .backtrace()
                .get(0);

        assertThat(shown).startsWith("nnn").hasSizeLessThan(2_048);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"01", "01ff", "0102ff", "0103010100", "01060102056f6e65", "ffffffff0f", "010701ffffffff7f00"})
    void ignoresMalformedNameSections(String hex) {
        byte[] section = HexFormat.of().parseHex(hex);

        assertThat(trapped(withCustomSection(NESTED, "name", section)).backtrace())
                .containsExactly("function 1", "function 2", "function 3");
    }

    @Test
    void hasNoBacktraceOfWhatDidNotTrap() {
        Ran ran = ran(run(Wat.command("(call $proc_exit (i32.const 1))")));

        assertThat(ran.end()).isEqualTo(new End.Exited(1));
    }

    private End.Trapped trapped(byte[] wasm) {
        End end = ran(run(wasm)).end();
        assertThat(end).isInstanceOf(End.Trapped.class);
        return (End.Trapped) end;
    }

    /** Names functions from 0 on. */
    private static byte[] withNames(byte[] wasm, List<String> names) {
        var map = new ByteArrayOutputStream();
        unsigned(map, names.size());
        for (int i = 0; i < names.size(); i++) {
            unsigned(map, i);
            string(map, names.get(i));
        }
        var section = new ByteArrayOutputStream();
        section.write(1);
        unsigned(section, map.size());
        section.writeBytes(map.toByteArray());
        return withCustomSection(wasm, "name", section.toByteArray());
    }

    private static byte[] withCustomSection(byte[] wasm, String name, byte[] content) {
        var section = new ByteArrayOutputStream();
        string(section, name);
        section.writeBytes(content);
        var module = new ByteArrayOutputStream();
        module.writeBytes(wasm);
        module.write(0);
        unsigned(module, section.size());
        module.writeBytes(section.toByteArray());
        return module.toByteArray();
    }

    private static void string(ByteArrayOutputStream out, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        unsigned(out, utf8.length);
        out.writeBytes(utf8);
    }

    private static void unsigned(ByteArrayOutputStream out, int value) {
        int left = value;
        while (left >= 0x80) {
            out.write(left & 0x7f | 0x80);
            left >>>= 7;
        }
        out.write(left);
    }
}

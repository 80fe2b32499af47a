package io.wasmwiz.executor.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.wasmwiz.executor.modules.ModuleFindings;
import io.wasmwiz.executor.modules.ModuleInspection.Accepted;
import io.wasmwiz.executor.modules.ModuleInspection.Refused;
import io.wasmwiz.executor.sandbox.CompileBombs;
import io.wasmwiz.executor.sandbox.Preview1;
import io.wasmwiz.executor.sandbox.Wat;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModulePolicyTest {
    private static final String HEADER = "0061736d01000000";
    private static final String START = "(func (export \"_start\"))";

    private final ModulePolicy policy = new ModulePolicy(ModulePolicyConfig.DEFAULTS);

    @Test
    void tellsWhatAModuleHolds() {
        byte[] wasm = Wat.wasm("""
                (module
                  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
                  (memory (export "memory") 2 9)
                  (func (export "_start") (local i32 i64 f32) (block (loop (if (i32.const 0) (then) (else)))))
                  (func (param i32)))
                """);

        assertThat(accepted(wasm)).satisfies(findings -> {
            assertThat(findings.imports())
                    .extracting(ModuleFindings.Import::name)
                    .containsExactly("fd_write");
            assertThat(findings.exports())
                    .extracting(ModuleFindings.Export::name)
                    .containsExactly("memory", "_start");
            assertThat(findings.memoryMinimumPages()).isEqualTo(2);
            assertThat(findings.memoryMaximumPages()).isEqualTo(OptionalLong.of(9));
            assertThat(findings.functionCount()).isEqualTo(2);
            assertThat(findings.complexity()).isEqualTo(3 * (1 + 4 + 1));
            assertThat(findings.largestFunctionBytes()).isGreaterThan(10);
        });
    }

    @Test
    void acceptsTheWholeOfPreview1() {
        String imports =
                Preview1.FUNCTIONS.keySet().stream().map(Preview1::imported).collect(Collectors.joining());

        assertThat(accepted(Wat.wasm("(module " + imports + START + ")")).imports())
                .hasSameSizeAs(Preview1.FUNCTIONS.keySet());
    }

    @Test
    void acceptsTheInstructionsOfTheSupportedFeatures() {
        accepted(Wat.wasm("""
                (module
                  (type $pair (func (result i32 i64)))
                  (memory 1) (data $d "x") (table $t 2 4 funcref) (table $x 1 externref)
                  (elem $e func $_start) (global $g (mut f64) (f64.const 1)) (global $f funcref (ref.null func))
                  (func $_start (export "_start") (local i32 i64)
                    (block (type $pair) (i32.const -1) (i64.const -1)) drop drop
                    (block (result externref) (ref.null extern)) drop
                    (drop (i32.extend8_s (i32.trunc_sat_f32_s (f32.const 1))))
                    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)) (data.drop $d)
                    (memory.copy (i32.const 0) (i32.const 1) (i32.const 1))
                    (memory.fill (i32.const 0) (i32.const 1) (i32.const 1))
                    (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop $e)
                    (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1))
                    (table.fill $t (i32.const 0) (ref.func $_start) (i32.const 1))
                    (drop (table.grow $x (ref.null extern) (table.size $x)))
                    (drop (select (result funcref) (global.get $f) (ref.null func) (memory.grow (i32.const 1))))
                    (br_table 0 0 (ref.is_null (table.get $t (i32.const 0))))
                    (i64.store offset=4 align=1 (memory.size) (i64.load32_u (i32.const 0)))))
                """));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | MODULE_EMPTY | no bytes",
                "00 | MODULE_TRUNCATED | header",
                "0061736d010000 | MODULE_TRUNCATED | 7 bytes",
                "7f454c4602010100 | MODULE_NOT_WASM | 00 61 73 6d",
                "0061736d0d000100 | MODULE_IS_COMPONENT | core module",
                "0061736d02000000 | MODULE_NOT_WASM | version 2",
                "0061736d0100000001 | MODULE_TRUNCATED | byte",
                "0061736d010000000105 | MODULE_TRUNCATED | byte",
                "0061736d010000000e00 | MODULE_MALFORMED | section 14",
                "0061736d0100000003010001010000 | MODULE_MALFORMED | out of order",
                "0061736d01000000010100010100 | MODULE_MALFORMED | repeated",
                "0061736d0100000001020000 | MODULE_MALFORMED | 1 bytes too many",
                "0061736d010000000105ffffffff0f | MODULE_TOO_COMPLEX | 100000",
                "0061736d010000000001ff | MODULE_MALFORMED | in the middle",
                "0061736d010000000d0100 | MODULE_FEATURE_UNSUPPORTED | exception handling",
                "0061736d0100000005030102" + "01 | MODULE_FEATURE_UNSUPPORTED | threads",
                "0061736d010000000503010401 | MODULE_FEATURE_UNSUPPORTED | 64-bit",
                "0061736d0100000005050200010001 | MODULE_FEATURE_UNSUPPORTED | multiple memories",
                "0061736d01000000010401600" + "17b | MODULE_FEATURE_UNSUPPORTED | SIMD",
                "0061736d0100000001025e00 | MODULE_MALFORMED | announced",
                "0061736d0100000001030" + "15f00 | MODULE_FEATURE_UNSUPPORTED | garbage collection",
                "0061736d01000000050501010a05 | MODULE_TRUNCATED | byte",
                "0061736d010000000504010" + "10a05 | MODULE_MALFORMED | minimum above its maximum",
            })
    void namesWhatIsWrongWithBytes(String hex, String reason, String words) {
        assertThat(refused(HexFormat.of().parseHex(hex))).satisfies(refusal -> {
            assertThat(refusal.reason()).isEqualTo(reason);
            assertThat(refusal.message()).contains(words);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"(module)", "  \n;; a program\n(; of ours ;) ( module $x)", "(component)", "(func)"})
    void knowsTextWhenItSeesIt(String text) {
        assertThat(refused(text.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(new Refused("MODULE_NOT_WASM", "this is WebAssembly text; compile it with wat2wasm"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "(import \"env\" \"abort\" (func)) | env.abort",
                "(import \"wasi_unstable\" \"proc_exit\" (func (param i32))) | wasi_unstable, the version before",
                "(import \"wasi_snapshot_preview1\" \"fd_open\" (func)) | fd_open is not provided",
                "(import \"wasi_snapshot_preview1\" \"fd_close\" (func (param i64) (result i32)))"
                        + " | has the type (i64) -> (i32) and must have (i32) -> (i32)",
                "(import \"wasi_snapshot_preview1\" \"proc_exit\" (func (param i32) (result i32))) | must have (i32) -> ()",
                "(import \"env\" \"memory\" (memory 1)) | env.memory is a memory",
                "(import \"env\" \"table\" (table 1 funcref)) | is a table",
                "(import \"env\" \"g\" (global i32)) | is a global",
            })
    void namesImportsThatAreNotThere(String imported, String words) {
        assertThat(refused(Wat.wasm("(module " + imported + START + ")"))).satisfies(refusal -> {
            assertThat(refusal.reason()).isEqualTo("MODULE_IMPORT_UNKNOWN");
            assertThat(refusal.message())
                    .contains(words)
                    .contains("wasi_snapshot_preview1")
                    .contains("fd_write");
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(module)",
                "(module (func (export \"f\") (param externref)))",
                "(module (func (export \"_initialize\")))",
                "(module (memory (export \"_start\") 1))",
                "(module (func (export \"_start\") (param i32)))",
                "(module (func (export \"_start\") (result i32) (i32.const 0)))",
            })
    void needsACommand(String text) {
        assertThat(refused(Wat.wasm(text)).reason()).isEqualTo("MODULE_START_MISSING");
    }

    @Test
    void refusesAStartSectionWhoseFunctionTakesParameters() {
        byte[] module = Wat.wasm("(module (func $a) (func $b (param i32)) (start $a) (func (export \"_start\")))");
        int start = HexFormat.of().formatHex(module).indexOf("080100") / 2;

        module[start + 2] = 1; // $b

        assertThat(refused(module)).satisfies(refusal -> {
            assertThat(refusal.reason()).isEqualTo("MODULE_MALFORMED");
            assertThat(refusal.message()).contains("start section");
        });
    }

    @ParameterizedTest
    @CsvSource({
        "fd0c, SIMD",
        "fe00, threads",
        "12, tail calls",
        "06, exception handling",
        "1f, exception handling",
        "14, typed function references",
        "fb, garbage collection",
    })
    void namesUnsupportedInstructions(String opcode, String feature) {
        assertThat(refused(withBody(opcode + "0000000b"))).satisfies(refusal -> {
            assertThat(refusal.reason()).isEqualTo("MODULE_FEATURE_UNSUPPORTED");
            assertThat(refusal.message()).contains(feature);
        });
    }

    @ParameterizedTest
    @CsvSource({
        "ff0b, instruction 0xff",
        "10010b, function 1 does not exist",
        "2300" + "0b, global 0 does not exist",
        "24000b, global 0 does not exist",
        "d2010b, function 1 does not exist",
        "0c010b, label 1 does not exist",
        "02050b0b, type 5 does not exist",
        "fc200b, instruction 0xfc 32",
        "0b0b, 1 bytes too many",
        "01, ends in the middle",
        "0240, ends in the middle",
        "41ffffffff0f0b, 32 bits",
    })
    void namesMalformedBodies(String body, String words) {
        assertThat(refused(withBody(body))).satisfies(refusal -> {
            assertThat(refusal.reason()).isEqualTo("MODULE_MALFORMED");
            assertThat(refusal.message()).contains(words).contains("byte");
        });
    }

    @Test
    void countsWhatLoopsCarry() {
        assertThat(refused(CompileBombs.wideLoops(1_000, 3_000)).reason()).isEqualTo("MODULE_TOO_COMPLEX");
        // 4.5 KB, and four seconds of compiling.
        assertThat(refused(CompileBombs.wideLoops(300, 300)).reason()).isEqualTo("MODULE_TOO_COMPLEX");
        accepted(CompileBombs.wideLoops(300, 70));
    }

    @Test
    void countsTheLoopsOfAFunctionByTheirCube() {
        accepted(withLoops(700));

        assertThat(refused(withLoops(740)).message()).contains("compile work");
    }

    /** Three loops in four stand in the fourth, or the depth would be what is bounded. */
    private static byte[] withLoops(int loops) {
        return Wat.wasm("(module (func (export \"_start\") (local i32)"
                + "(loop (loop (br_if 0 (local.get 0))) (loop) (loop))".repeat(loops / 4) + "))");
    }

    @Test
    void takesTheHardestFunctionsThatTheBoundLeavesAndNoHarderOnes() {
        long most = ModulePolicyConfig.DEFAULTS.maxWork();
        io.wasmwiz.executor.wasm.CompileBombs.ofWork(most * 9 / 10)
                .forEach((shape, module) ->
                        assertThat(policy.inspect(module)).as(shape).isInstanceOf(Accepted.class));
        io.wasmwiz.executor.wasm.CompileBombs.ofWork(most * 3 / 2)
                .forEach((shape, module) ->
                        assertThat(policy.inspect(module)).as(shape).isInstanceOf(Refused.class));
    }

    @Test
    void boundsComplexity() {
        accepted(withLocalsAndBlocks(5_000, 2_400));

        assertThat(refused(withLocalsAndBlocks(5_000, 2_401))).satisfies(refusal -> {
            assertThat(refusal.reason()).isEqualTo("MODULE_TOO_COMPLEX");
            assertThat(refusal.message()).contains("12005000").contains("12000000");
        });
    }

    private static byte[] withLocalsAndBlocks(int locals, int blocks) {
        return Wat.wasm("(module (func (export \"_start\") (local " + "i32 ".repeat(locals) + ")"
                + "(block)".repeat(blocks) + "))");
    }

    @Test
    void boundsLocals() {
        // One group of 4,294,967,295 locals.
        assertThat(refused(withCode("01ffffffff0f7f0b")).message()).contains("4294967295 locals");
        assertThat(refused(withCode("02ffffffff0f7fffffffff0f7f0b")).message()).contains("locals");
    }

    @Test
    void boundsTables() {
        assertThat(refused(Wat.wasm("(module (table 600000 funcref) (table 600000 funcref) " + START + ")")))
                .satisfies(refusal -> {
                    assertThat(refusal.reason()).isEqualTo("MODULE_TABLE_TOO_LARGE");
                    assertThat(refusal.message()).contains("1200000").contains("1000000");
                });
    }

    @Test
    void keepsMessagesShort() {
        String name = "x".repeat(5_000);

        assertThat(refused(Wat.wasm("(module (import \"" + name + "\" \"" + name + "\" (func)) " + START + ")"))
                        .message())
                .hasSizeLessThanOrEqualTo(1_024)
                .contains("fd_write");
    }

    private ModuleFindings accepted(byte[] wasm) {
        return assertThat(policy.inspect(wasm))
                .asInstanceOf(type(Accepted.class))
                .actual()
                .findings();
    }

    private Refused refused(byte[] wasm) {
        return assertThat(policy.inspect(wasm))
                .asInstanceOf(type(Refused.class))
                .actual();
    }

    /** A module whose only function, {@code _start}, has this body and no locals. */
    private static byte[] withBody(String hex) {
        return withCode("00" + hex);
    }

    private static byte[] withCode(String hex) {
        int size = hex.length() / 2;
        return HexFormat.of()
                .parseHex(HEADER + "01040160" + "0000" + "03020100" + "070a01065f7374617274" + "0000"
                        + "0a%02x01%02x".formatted(size + 2, size) + hex);
    }
}

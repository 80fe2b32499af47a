package io.wasmwiz.executor.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.wasmwiz.executor.sandbox.Wat;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SandboxRewriteTest {
    private static final byte[] OWNER = {1, 2, 3};

    @Test
    void leavesOnlyTheSandboxesImportsAndExports() throws ModuleRefusedException {
        byte[] wasm = Wat.wasm("""
                (module
                  (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
                  (memory (export "refused_growths") 2 9)
                  (func $init)
                  (func (export "_start") (drop (memory.grow (i32.const 1))))
                  (func (export "_initialize"))
                  (func (export "run"))
                  (start $init))
                """);

        SandboxModule rewritten = SandboxRewrite.rewrite(wasm, ModulePolicyConfig.DEFAULTS, OWNER);

        assertThat(imports(rewritten.bytes())).containsExactly("wasi.sched_yield", "host.memory");
        assertThat(exports(rewritten.bytes())).containsExactlyInAnyOrder("run", "refused_growths");
        assertThat(rewritten.memoryMinimumPages()).isEqualTo(2);
        assertThat(rewritten.memoryMaximumPages()).isEqualTo(9);
        assertThat(rewritten.hasMemory()).isTrue();
        assertThat(rewritten.countsGrowths()).isTrue();
    }

    @Test
    void clampsTables() throws ModuleRefusedException {
        byte[] wasm = Wat.wasm("""
                (module (table 100 funcref) (table 5 7 externref) (table 0 4000000000 funcref)
                  (func (export "_start")))
                """);

        List<ParsedModule.Limits> tables = parsed(wasm).tables();

        assertThat(tables).extracting(ParsedModule.Limits::minimum).containsExactly(100L, 5L, 0L);
        assertThat(tables)
                .extracting(ParsedModule.Limits::maximum)
                .containsExactly(OptionalLong.of(333_398), OptionalLong.of(7), OptionalLong.of(333_298));
        assertThat(tables.stream()
                        .mapToLong(table -> table.maximum().orElseThrow())
                        .sum())
                .isLessThanOrEqualTo(ModulePolicyConfig.DEFAULTS.maxTableElements());
    }

    @Test
    void shiftsNoIndexAndReplacesEveryGrowth() throws ModuleRefusedException {
        String grow = "(drop (memory.grow (i32.const 1)))";
        byte[] wasm = Wat.wasm("(module (memory 1) (global i32 (i32.const 64)) (func) (func (export \"_start\") " + grow
                + "(drop (i32.const 64))" + grow + ") (func) (func " + grow.repeat(100) + "))");

        ParsedModule module = parsed(wasm);

        assertThat(module.bodies().count()).isEqualTo(6);
        assertThat(module.spaces().globals.length()).isEqualTo(2);
        // The one that is left is in the appended function.
        assertThat(module.bodies().sites()).hasSize(1);
        assertThat(module.bodies().sites()[0]).isGreaterThan(module.bodies().starts()[4]);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "(global (mut i32) (i32.const 1)) (global i64 (i64.const 1))",
                "(memory 1) (data (i32.const 65530) \"123456\") (data \"passive\")",
                "(memory 0) (data (i32.const 0) \"\")",
                "(table 2 funcref) (elem (i32.const 1) func 0) (func (drop (table.get 0 (table.size 0))))",
                "(memory 1) (func (drop (memory.grow (i32.const 1))) (memory.fill (i32.const 0) (i32.const 0) (i32.const 9)))"
            })
    void letsAnInstanceServeManyRunsWhoseStateCanBeSetAnew(String parts) throws ModuleRefusedException {
        assertThat(rewritten(parts).startsAnew()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(table 1 funcref) (func (table.set 0 (i32.const 0) (ref.null func)))",
                "(table 1 funcref) (func (table.fill 0 (i32.const 0) (ref.null func) (i32.const 1)))",
                "(table 1 funcref) (func (table.copy (i32.const 0) (i32.const 0) (i32.const 1)))",
                "(table 1 funcref) (func (drop (table.grow 0 (ref.null func) (i32.const 1))))",
                "(table 1 funcref) (elem $e func 0) (func (table.init $e (i32.const 0) (i32.const 0) (i32.const 0)))",
                "(elem $e func 0) (func (elem.drop $e))",
                "(memory 1) (data $d \"1\") (func (data.drop $d))",
                "(memory 1) (data $d (i32.const 0) \"1\")"
                        + " (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0)))",
                "(memory 1) (data (i32.const 65530) \"1234567\")",
                "(memory 1) (data (i32.const -1) \"1\")",
                "(memory 0) (data (i32.const 1) \"\")"
            })
    void givesEveryRunItsInstanceWhereTheStateCannotBeTold(String parts) throws ModuleRefusedException {
        assertThat(rewritten(parts).startsAnew()).isFalse();
    }

    @Test
    void setsNoMoreAnewThanIsWorthIt() throws ModuleRefusedException {
        String global = "(global (mut i32) (i32.const 1))";

        assertThat(rewritten(global.repeat(256)).startsAnew()).isTrue();
        assertThat(rewritten(global.repeat(257)).startsAnew()).isFalse();
    }

    private static SandboxModule rewritten(String parts) throws ModuleRefusedException {
        byte[] wasm = Wat.wasm("(module (func (export \"_start\"))" + parts + ")");
        return SandboxRewrite.rewrite(wasm, ModulePolicyConfig.DEFAULTS, OWNER);
    }

    @Test
    void keepsFunctionReferencesDeclaredWithoutTheirExports() throws ModuleRefusedException {
        byte[] wasm = Wat.wasm("""
                (module (func $f (export "f"))
                  (func (export "_start") (drop (ref.func $f))))
                """);

        assertThat(parsed(wasm).sections()).extracting(ParsedModule.Section::id).contains(9);
    }

    @Test
    void separatesOwners() throws ModuleRefusedException {
        byte[] wasm = Wat.wasm("(module (func (export \"_start\")))");

        assertThat(SandboxRewrite.rewrite(wasm, ModulePolicyConfig.DEFAULTS, new byte[] {1})
                        .bytes())
                .isNotEqualTo(SandboxRewrite.rewrite(wasm, ModulePolicyConfig.DEFAULTS, new byte[] {2})
                        .bytes());
    }

    @Test
    void refusesWhatThePolicyRefuses() {
        assertThatExceptionOfType(ModuleRefusedException.class)
                .isThrownBy(() -> SandboxRewrite.rewrite(Wat.wasm("(module)"), ModulePolicyConfig.DEFAULTS, OWNER));
    }

    /** The imports, read by hand: the parser refuses the memory among them. */
    private static List<String> imports(byte[] wasm) throws ModuleRefusedException {
        WasmReader section = section(wasm, 2);
        var names = new ArrayList<String>();
        for (int left = section.count("imports", 100); left > 0; left--) {
            names.add(section.name() + "." + section.name());
            if (section.u8() == 0) {
                section.u32();
            } else {
                assertThat(section.u8()).describedAs("without a maximum").isZero();
                section.u32();
            }
        }
        section.requireEnd("imports");
        return names;
    }

    private static List<String> exports(byte[] wasm) throws ModuleRefusedException {
        WasmReader section = section(wasm, 7);
        var names = new ArrayList<String>();
        for (int left = section.count("exports", 100); left > 0; left--) {
            names.add(section.name());
            section.u8();
            section.u32();
        }
        section.requireEnd("exports");
        return names;
    }

    private static WasmReader section(byte[] wasm, int id) throws ModuleRefusedException {
        var file = new WasmReader(wasm, ModuleHeader.BYTES);
        while (true) {
            int found = file.u8();
            WasmReader section = file.sized();
            if (found == id) {
                return section;
            }
        }
    }

    /** The rewritten module, without its imports so that the parser takes it. */
    private static ParsedModule parsed(byte[] wasm) throws ModuleRefusedException {
        byte[] rewritten =
                SandboxRewrite.rewrite(wasm, ModulePolicyConfig.DEFAULTS, OWNER).bytes();
        var file = new WasmReader(rewritten, ModuleHeader.BYTES);
        var out = new WasmWriter(rewritten.length).copy(rewritten, 0, ModuleHeader.BYTES);
        while (file.remaining() > 0) {
            int id = file.u8();
            WasmReader section = file.sized();
            if (id == 6) {
                // In place of the memory that was imported.
                out.section(5, new WasmWriter(4).bytes(1, 0, 1));
            }
            if (id != 2) {
                out.section(id, new WasmWriter(16).copy(rewritten, section.position(), section.end()));
            }
        }
        return ModuleParser.parse(out.toByteArray(), ModulePolicyConfig.DEFAULTS);
    }
}

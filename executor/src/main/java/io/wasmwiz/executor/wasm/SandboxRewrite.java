package io.wasmwiz.executor.wasm;

import io.wasmwiz.executor.wasm.ParsedModule.Import;
import io.wasmwiz.executor.wasm.ParsedModule.Limits;
import io.wasmwiz.executor.wasm.ParsedModule.Section;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Turns a tenant's module into the form that the sandbox compiles, because the engine's binding can limit neither
 * memory nor tables:
 *
 * <ul>
 *   <li>The memory becomes an import without a maximum. The memory given to a run carries that run's limit, so compiled
 *       code depends on no limit, and the WASI functions share it.
 *   <li>{@code memory.grow} becomes a call of an appended function that also counts, in an appended global, the
 *       growths that only the run's limit refused. Appended items shift no index, and the parser has refused every
 *       index that would reach them.
 *   <li>Table maxima are clamped so that all tables together stay within the policy's bound.
 *   <li>The start function is called by the sandbox after instantiation instead of by the engine within it, so that the
 *       instance exists and can be asked whatever the function does.
 *   <li>Imports come from {@link #WASI}; exports are the sandbox's own, and none of the guest's is left to collide with
 *       them. Functions that the body of another may take a reference to stay declared.
 *   <li>Custom sections go. One that names the owner is added, so that a compile cache on disk never shows one account
 *       that another has the same module.
 * </ul>
 */
public final class SandboxRewrite {
    /** Where the guest's imports come from. */
    public static final String WASI = "wasi";
    /** Where the guest's memory comes from. */
    public static final String HOST = "host";
    /** The guest's memory, imported from {@link #HOST}. */
    public static final String MEMORY = "memory";
    /** Exported function: the guest's {@code _start}. */
    public static final String RUN = "run";
    /** Exported function: the guest's start function. */
    public static final String START = "start";
    /** Exported mutable i32: how many growths the run's limit refused. */
    public static final String REFUSED_GROWTHS = "refused_growths";

    private static final int MAX_PAGES = 65_536;
    private static final int I32 = ValueTypes.I32;

    private final ParsedModule module;
    private final ModulePolicyConfig config;
    private final boolean countsGrowths;
    private final WasmWriter out;

    private SandboxRewrite(ParsedModule module, ModulePolicyConfig config) {
        this.module = module;
        this.config = config;
        this.countsGrowths = !module.memory().isEmpty() && module.bodies().growths().length > 0;
        this.out = new WasmWriter(module.bytes().length + 256);
    }

    /**
     * Rewrites a module.
     *
     * @param bytes the module as uploaded; not changed
     * @param config the bounds of the policy that accepted it
     * @param owner identifies the account
     * @throws ModuleRefusedException if the module does not pass {@link ModulePolicy} with {@code config}
     */
    public static SandboxModule rewrite(byte[] bytes, ModulePolicyConfig config, byte[] owner)
            throws ModuleRefusedException {
        return new SandboxRewrite(ModulePolicy.accept(bytes, config), config).rewrite(owner);
    }

    private SandboxModule rewrite(byte[] owner) throws ModuleRefusedException {
        out.copy(module.bytes(), 0, ModuleHeader.BYTES);
        writeTypes();
        writeImports();
        writeFunctions();
        writeTables();
        writeGlobals();
        writeExports();
        writeElements();
        copySection(12);
        writeCode();
        copySection(11);
        out.section(0, new WasmWriter(64).name("owner").copy(owner, 0, owner.length));
        Optional<Limits> memory = module.memory().stream().findFirst();
        return new SandboxModule(
                out.toByteArray(),
                memory.isPresent(),
                memory.map(limits -> (int) limits.minimum()).orElse(0),
                (int) declaredMaximum(),
                countsGrowths,
                module.start().isPresent());
    }

    private long declaredMaximum() {
        return module.memory().stream()
                .mapToLong(limits -> limits.maximum().orElse(MAX_PAGES))
                .findFirst()
                .orElse(0);
    }

    private void writeTypes() throws ModuleRefusedException {
        if (countsGrowths) {
            out.section(1, appended(1, new WasmWriter(8).bytes(0x60, 1, I32, 1, I32)));
        } else {
            copySection(1);
        }
    }

    private void writeImports() {
        int count = module.imports().size() + module.memory().size();
        if (count == 0) {
            return;
        }
        var section = new WasmWriter(count * 24).u32(count);
        for (Import imported : module.imports()) {
            section.name(WASI).name(imported.name()).bytes(0).u32(imported.type());
        }
        for (Limits memory : module.memory()) {
            section.name(HOST).name(MEMORY).bytes(2, 0).u32(memory.minimum());
        }
        out.section(2, section);
    }

    private void writeFunctions() throws ModuleRefusedException {
        if (countsGrowths) {
            out.section(
                    3, appended(3, new WasmWriter(8).u32(module.spaces().types.size())));
        } else {
            copySection(3);
        }
    }

    /** Each table may grow by its share of what the bound leaves above all minima. */
    private void writeTables() {
        if (module.tables().isEmpty()) {
            return;
        }
        long minima = module.tables().stream().mapToLong(Limits::minimum).sum();
        long share = (config.maxTableElements() - minima) / module.tables().size();
        var section =
                new WasmWriter(module.tables().size() * 12).u32(module.tables().size());
        for (Limits table : module.tables()) {
            long maximum = Math.min(table.maximum().orElse(Long.MAX_VALUE), table.minimum() + share);
            section.bytes(ValueTypes.referenceByte(table.element()), 1)
                    .u32(table.minimum())
                    .u32(maximum);
        }
        out.section(4, section);
    }

    private void writeGlobals() throws ModuleRefusedException {
        if (countsGrowths) {
            out.section(6, appended(6, new WasmWriter(8).bytes(I32, 1, 0x41, 0, 0x0b)));
        } else {
            copySection(6);
        }
    }

    private void writeExports() {
        int run = module.exportedFunction("_start").orElseThrow();
        OptionalInt start = module.start();
        int count = 1 + (start.isPresent() ? 1 : 0) + (countsGrowths ? 1 : 0);
        var section = new WasmWriter(64).u32(count).name(RUN).bytes(0).u32(run);
        if (start.isPresent()) {
            section.name(START).bytes(0).u32(start.getAsInt());
        }
        if (countsGrowths) {
            section.name(REFUSED_GROWTHS).bytes(3).u32(module.spaces().globals.length());
        }
        out.section(7, section);
    }

    /** A body may only refer to functions that something outside of the bodies names; the guest's exports did. */
    private void writeElements() throws ModuleRefusedException {
        int[] exported = module.exports().stream()
                .filter(export -> export.kind() == ParsedModule.KIND_FUNCTION)
                .mapToInt(ParsedModule.Export::index)
                .distinct()
                .toArray();
        if (!module.bodies().usesFunctionReferences() || exported.length == 0) {
            copySection(9);
            return;
        }
        var declaration = new WasmWriter(exported.length * 3 + 8).bytes(3, 0).u32(exported.length);
        for (int function : exported) {
            declaration.u32(function);
        }
        out.section(9, appended(9, declaration));
    }

    private void writeCode() {
        FunctionBodies bodies = module.bodies();
        if (bodies.count() == 0) {
            return;
        }
        byte[] bytes = module.bytes();
        Section old = section(10).orElseThrow();
        var code = new WasmWriter(old.end() - old.start() + 64).u32(bodies.count() + (countsGrowths ? 1 : 0));
        int growth = 0;
        for (int i = 0; i < bodies.count(); i++) {
            int position = bodies.starts()[i];
            int end = bodies.ends()[i];
            if (!countsGrowths || growth == bodies.growths().length || bodies.growths()[growth] >= end) {
                code.u32(end - position).copy(bytes, position, end);
                continue;
            }
            var body = new WasmWriter(end - position + 32);
            for (; growth < bodies.growths().length && bodies.growths()[growth] < end; growth++) {
                int at = bodies.growths()[growth];
                body.copy(bytes, position, at).bytes(0x10).u32(module.imports().size() + bodies.count());
                position = at + 2;
            }
            code.sized(body.copy(bytes, position, end));
        }
        if (countsGrowths) {
            code.sized(countingGrow());
        }
        out.section(10, code);
    }

    /**
     * Grows, and counts a refusal unless the module's own maximum explains it:
     *
     * <pre>{@code
     * (func (param i32) (result i32) (local i32)
     *   (if (i32.eq (local.tee 1 (memory.grow (local.get 0))) (i32.const -1))
     *     (then (if (i64.le_u (i64.add (i64.extend_i32_u (memory.size)) (i64.extend_i32_u (local.get 0)))
     *                         (i64.const declaredMaximum))
     *       (then (global.set $refused (i32.add (global.get $refused) (i32.const 1)))))))
     *   (local.get 1))
     * }</pre>
     */
    private WasmWriter countingGrow() {
        return new WasmWriter(64)
                .bytes(1, 1, I32)
                .bytes(0x20, 0, 0x40, 0, 0x22, 1, 0x41, 0x7f, 0x46, 0x04, 0x40)
                .bytes(0x3f, 0, 0xad, 0x20, 0, 0xad, 0x7c, 0x42)
                .s64(declaredMaximum())
                .bytes(0x58, 0x04, 0x40, 0x23)
                .u32(module.spaces().globals.length())
                .bytes(0x41, 1, 0x6a, 0x24)
                .u32(module.spaces().globals.length())
                .bytes(0x0b, 0x0b, 0x20, 1, 0x0b);
    }

    /** A section's vector with one more item. */
    private WasmWriter appended(int id, WasmWriter item) throws ModuleRefusedException {
        Optional<Section> old = section(id);
        byte[] added = item.toByteArray();
        if (old.isEmpty()) {
            return new WasmWriter(added.length + 1).u32(1).copy(added, 0, added.length);
        }
        var reader = new WasmReader(module.bytes(), old.get().start(), old.get().end());
        long count = reader.u32();
        return new WasmWriter(reader.remaining() + added.length + 8)
                .u32(count + 1)
                .copy(module.bytes(), reader.position(), reader.end())
                .copy(added, 0, added.length);
    }

    private void copySection(int id) {
        section(id)
                .ifPresent(
                        old -> out.bytes(id).u32(old.end() - old.start()).copy(module.bytes(), old.start(), old.end()));
    }

    private Optional<Section> section(int id) {
        return module.sections().stream().filter(section -> section.id() == id).findFirst();
    }
}

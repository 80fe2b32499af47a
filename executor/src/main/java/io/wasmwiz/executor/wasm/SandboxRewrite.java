package io.wasmwiz.executor.wasm;

import io.wasmwiz.executor.wasm.ParsedModule.Import;
import io.wasmwiz.executor.wasm.ParsedModule.Limits;
import io.wasmwiz.executor.wasm.ParsedModule.Section;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
 *   <li>The start section goes; an appended function calls its function and then {@code _start}. So the instance exists
 *       and can be asked, whatever the start function does.
 *   <li>Where an instance's state can be told, that function first makes the instance as good as new, so that it serves many
 *       runs; see {@link FreshStart}.
 *   <li>Of a module without {@code _start}, that function calls {@code _initialize}, if there is one, and then the export
 *       that an appended global selects, with values from appended globals; see {@link ExportDispatch}.
 *   <li>Imports come from {@link #WASI}; exports are the sandbox's own, and none of the guest's is left to collide with
 *       them. Functions that the body of another may take a reference to stay declared.
 *   <li>An instruction that traps for several reasons leaves its operand in an appended global first, because the engine
 *       does not say which it was; see {@link TrapOperands}.
 *   <li>Custom sections go, so that the engine's readers of names and debug information never see a tenant's bytes; what
 *       a backtrace needs is kept beside the module ({@link FunctionNames}). One that names the owner is added, so that a compile cache on disk never shows one account
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
    /**
     * Exported function: sets the instance anew where that can be done, then the guest's start function, if it has one, then its {@code _start}; of a module without one, its
     * {@code _initialize}, if it has one, then the function that is {@link #SELECTED}.
     */
    public static final String RUN = "run";
    /** Exported mutable i32: how many growths the run's limit refused. */
    public static final String REFUSED_GROWTHS = "refused_growths";
    /** Exported mutable i32 of a module without {@code _start}: the number of the function to invoke. */
    public static final String SELECTED = "selected";
    /**
     * Exported mutable i64s of a module without {@code _start}, each with its number from 0 after this name: the bits of
     * the arguments before the call, and of the results after it, those of a 32-bit type in the lower half.
     */
    public static final String VALUE = "value_";

    private static final int MAX_PAGES = 65_536;
    /** More than a table takes, because the engine also bounds a store's tables: 10,000, and 8 MiB of these are fewer. */
    private static final long TABLE_BYTES = 1_024;

    private static final int I32 = ValueTypes.I32;

    private final ParsedModule module;
    private final ModulePolicyConfig config;
    private final boolean countsGrowths;
    private final Optional<TrapOperands> operands;
    private final Optional<ExportDispatch> dispatch;
    private final Optional<FreshStart> freshStart;
    private final WasmWriter out;

    private SandboxRewrite(ParsedModule module, ModulePolicyConfig config) throws ModuleRefusedException {
        this.module = module;
        this.config = config;
        this.countsGrowths = !module.memory().isEmpty() && module.bodies().growsMemory();
        this.operands = TrapOperands.of(module, module.spaces().globals.length() + (countsGrowths ? 1 : 0));
        this.dispatch = ExportDispatch.of(
                module,
                module.spaces().globals.length()
                        + (countsGrowths ? 1 : 0)
                        + operands.map(kept -> kept.globals().size()).orElse(0));
        this.freshStart = FreshStart.of(module);
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
        writeDataCount();
        writeCode();
        writeData();
        out.section(0, new WasmWriter(64).name("owner").copy(owner, 0, owner.length));
        Optional<Limits> memory = module.memory().stream().findFirst();
        return new SandboxModule(
                out.toByteArray(),
                memory.isPresent(),
                memory.map(limits -> (int) limits.minimum()).orElse(0),
                (int) declaredMaximum(),
                countsGrowths,
                operands.isPresent(),
                freshStart.isPresent(),
                instanceBytes(),
                module.imports().size(),
                module.bodies().count(),
                dispatch.map(ExportDispatch::functions).orElse(Map.of()),
                FunctionNames.read(module));
    }

    private long declaredMaximum() {
        return module.memory().stream()
                .mapToLong(limits -> limits.maximum().orElse(MAX_PAGES))
                .findFirst()
                .orElse(0);
    }

    /** An estimate from above of the engine's records: tables, elements, globals, function references, imports. */
    private int instanceBytes() {
        if (module.bodies().growsTables()) {
            return Integer.MAX_VALUE;
        }
        long elements = module.tables().stream().mapToLong(Limits::minimum).sum();
        long functions = module.imports().size() + module.bodies().count();
        return (int) Math.min(
                Integer.MAX_VALUE,
                4_096
                        + module.tables().size() * TABLE_BYTES
                        + elements * 8
                        + module.spaces().globals.length() * 16L
                        + functions * 48);
    }

    private void writeTypes() throws ModuleRefusedException {
        var added = new Appendix(1);
        if (countsGrowths) {
            added.item().bytes(0x60, 1, I32, 1, I32);
        }
        if (operands.isPresent()) {
            added.item().bytes(0x60, 2, I32, I32, 1, I32);
        }
        if (dispatch.isPresent()) {
            added.item().bytes(0x60, 0, 0);
        }
        added.write();
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
        int type = module.spaces().types.size();
        var added = new Appendix(3);
        if (countsGrowths) {
            added.item().u32(type++);
        }
        if (operands.isPresent()) {
            added.item().u32(type++);
        }
        if (dispatch.isPresent()) {
            added.item().u32(type);
        } else if (appendsRun()) {
            added.item().u32(command().type());
        }
        added.write();
    }

    /** Whether {@link #RUN} is a function of ours, not the guest's {@code _start}. */
    private boolean appendsRun() {
        return dispatch.isPresent()
                || module.start().isPresent()
                || freshStart.map(fresh -> countsGrowths || fresh.hasCode()).orElse(false);
    }

    /** The type of a command and the function {@code _start}. */
    private record Command(int type, int function) {}

    private Command command() {
        int function = module.exportedFunction(ModulePolicy.START).orElseThrow();
        return new Command(module.spaces().functions.get(function), function);
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
        var added = new Appendix(6);
        if (countsGrowths) {
            added.item().bytes(I32, 1, 0x41, 0, 0x0b);
        }
        operands.ifPresent(kept -> kept.globals().forEach(added::add));
        dispatch.ifPresent(calls -> calls.globals().forEach(added::add));
        added.write();
    }

    private void writeExports() {
        int appended = functions() + (countsGrowths ? 1 : 0);
        int run = appendsRun()
                ? appended + (operands.isPresent() ? 1 : 0)
                : command().function();
        int count = 1
                + (countsGrowths ? 1 : 0)
                + (operands.isPresent() ? TrapOperands.EXPORTS : 0)
                + dispatch.map(calls -> calls.globals().size()).orElse(0);
        var section = new WasmWriter(64).u32(count).name(RUN).bytes(0).u32(run);
        if (countsGrowths) {
            section.name(REFUSED_GROWTHS).bytes(3).u32(module.spaces().globals.length());
        }
        operands.ifPresent(kept -> kept.export(section, appended));
        dispatch.ifPresent(calls -> calls.export(section));
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
        var added = new Appendix(9);
        added.add(declaration);
        added.write();
    }

    private int functions() {
        return module.imports().size() + module.bodies().count();
    }

    private void writeDataCount() {
        if (freshStart.isPresent() && freshStart.get().hasSegments()) {
            out.section(12, freshStart.get().dataCount());
        } else {
            copySection(12);
        }
    }

    private void writeData() {
        if (freshStart.isPresent() && freshStart.get().hasSegments()) {
            out.section(11, freshStart.get().data());
        } else {
            copySection(11);
        }
    }

    private void writeCode() {
        FunctionBodies bodies = module.bodies();
        int count = bodies.count() + (countsGrowths ? 1 : 0) + (operands.isPresent() ? 1 : 0) + (appendsRun() ? 1 : 0);
        if (count == 0) {
            return;
        }
        byte[] bytes = module.bytes();
        int oldBytes = module.section(10).map(old -> old.end() - old.start()).orElse(0);
        var code = new WasmWriter(oldBytes + 64).u32(count);
        int site = 0;
        int[] sites = bodies.sites();
        for (int i = 0; i < bodies.count(); i++) {
            int position = bodies.starts()[i];
            int end = bodies.ends()[i];
            if (site == sites.length || sites[site] >= end) {
                code.u32(end - position).copy(bytes, position, end);
                continue;
            }
            var body = new WasmWriter(end - position + 64);
            for (; site < sites.length && sites[site] < end; site++) {
                body.copy(bytes, position, sites[site]);
                position = changed(body, sites[site]);
            }
            code.sized(body.copy(bytes, position, end));
        }
        if (countsGrowths) {
            code.sized(
                    CountingGrow.body(declaredMaximum(), module.spaces().globals.length()));
        }
        operands.ifPresent(kept -> code.sized(kept.elementState()));
        if (appendsRun()) {
            code.sized(run());
        }
        out.section(10, code);
    }

    private WasmWriter run() {
        var body = new WasmWriter(64).bytes(0);
        freshStart.ifPresent(fresh -> {
            fresh.write(body);
            if (countsGrowths) {
                body.bytes(0x41, 0, 0x24).u32(module.spaces().globals.length());
            }
        });
        module.start().ifPresent(start -> body.bytes(0x10).u32(start));
        if (dispatch.isPresent()) {
            module.exportedFunction(ModulePolicy.INITIALIZE)
                    .ifPresent(initialize -> body.bytes(0x10).u32(initialize));
            dispatch.get().call(body);
        } else {
            body.bytes(0x10).u32(command().function());
        }
        return body.bytes(0x0b);
    }

    /** Writes what stands at a site from now on, as far as the position that is returned. */
    private int changed(WasmWriter body, int site) {
        int opcode = module.bytes()[site] & 0xff;
        if (opcode != Opcodes.MEMORY_GROW) {
            operands.orElseThrow().keep(body, opcode);
            return site;
        }
        if (!countsGrowths) {
            return site;
        }
        body.bytes(0x10).u32(functions());
        return site + 2;
    }

    /** Items that come after a section's own. */
    private final class Appendix {
        private final int id;
        private final List<WasmWriter> items = new ArrayList<>();

        Appendix(int id) {
            this.id = id;
        }

        WasmWriter item() {
            var item = new WasmWriter(16);
            items.add(item);
            return item;
        }

        void add(WasmWriter item) {
            items.add(item);
        }

        void write() throws ModuleRefusedException {
            if (items.isEmpty()) {
                copySection(id);
                return;
            }
            Optional<Section> old = module.section(id);
            var longer = new WasmWriter(
                    old.map(section -> section.end() - section.start()).orElse(0) + 128);
            if (old.isPresent()) {
                var reader = new WasmReader(
                        module.bytes(), old.get().start(), old.get().end());
                longer.u32(reader.u32() + items.size()).copy(module.bytes(), reader.position(), reader.end());
            } else {
                longer.u32(items.size());
            }
            items.forEach(longer::append);
            out.section(id, longer);
        }
    }

    private void copySection(int id) {
        module.section(id)
                .ifPresent(
                        old -> out.bytes(id).u32(old.end() - old.start()).copy(module.bytes(), old.start(), old.end()));
    }
}

package io.wasmwiz.executor.wasm;

import io.wasmwiz.executor.modules.ModuleInspection;
import io.wasmwiz.executor.modules.ModuleInspector;
import io.wasmwiz.executor.wasm.ParsedModule.Limits;
import java.util.OptionalInt;

/**
 * The rules a tenant's module must pass before the engine sees it: a WASI preview1 command in a bounded, known part of
 * WebAssembly. Whether its operands fit its instructions is left to the engine, which refuses such modules when it
 * compiles them. Takes time in proportion to the size of the module (about 2 ns per byte). Thread-safe.
 */
public final class ModulePolicy implements ModuleInspector {
    private final ModulePolicyConfig config;

    /** A policy with these bounds. */
    public ModulePolicy(ModulePolicyConfig config) {
        this.config = config;
    }

    /** {@inheritDoc} What it lists is cut as {@link ModuleFindings} says. */
    @Override
    public ModuleInspection inspect(byte[] module) {
        try {
            return new ModuleInspection.Accepted(Findings.of(accept(module, config)));
        } catch (ModuleRefusedException e) {
            return new ModuleInspection.Refused(e.reason(), e.message(), e.figures());
        }
    }

    /** The parsed module, if it passes every rule. */
    static ParsedModule accept(byte[] bytes, ModulePolicyConfig config) throws ModuleRefusedException {
        ParsedModule module = ModuleParser.parse(bytes, config);
        for (ParsedModule.Import imported : module.imports()) {
            WasiPreview1.check(imported, module.spaces().types.get(imported.type()));
        }
        checkCommand(module);
        checkTables(module, config);
        return module;
    }

    private static void checkCommand(ParsedModule module) throws ModuleRefusedException {
        OptionalInt start = module.exportedFunction("_start");
        if (start.isEmpty()) {
            throw new ModuleRefusedException(
                    "MODULE_START_MISSING",
                    "the module exports no function _start, so it is no command; build a program with a main function"
                            + " for wasm32-wasi, not a library");
        }
        FunctionType type = module.spaces().typeOf(start.getAsInt());
        if (!type.isCommand()) {
            throw new ModuleRefusedException(
                    "MODULE_START_MISSING", "_start has the type " + type + " and must have " + FunctionType.COMMAND);
        }
    }

    private static void checkTables(ParsedModule module, ModulePolicyConfig config) throws ModuleRefusedException {
        long elements = module.tables().stream().mapToLong(Limits::minimum).sum();
        if (elements > config.maxTableElements()) {
            throw new ModuleRefusedException(
                            "MODULE_TABLE_TOO_LARGE",
                            "the module's tables start with " + elements + " elements; at most "
                                    + config.maxTableElements() + " are allowed together")
                    .beyond(elements, config.maxTableElements());
        }
    }
}

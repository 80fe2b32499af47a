package io.wasmwiz.executor.wasm;

import io.wasmwiz.executor.modules.ModuleInspection;
import io.wasmwiz.executor.modules.ModuleInspector;
import io.wasmwiz.executor.sandbox.Signature;
import io.wasmwiz.executor.wasm.ParsedModule.Limits;
import java.util.OptionalInt;

/**
 * The rules a tenant's module must pass before the engine sees it: a WASI preview1 command, or a module of which one
 * function at a time can be invoked, in a bounded, known part of WebAssembly. Whether its operands fit its instructions is left to the engine, which refuses such modules when it
 * compiles them. Takes time in proportion to the size of the module (about 2 ns per byte). Thread-safe.
 */
public final class ModulePolicy implements ModuleInspector {
    /** What a command exports. */
    static final String START = "_start";
    /** What is called first in a module that is no command, where it is exported. */
    static final String INITIALIZE = "_initialize";

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
        checkEntry(module);
        checkTables(module, config);
        return module;
    }

    private static void checkEntry(ParsedModule module) throws ModuleRefusedException {
        if (module.exportedFunction(START).isPresent()) {
            checkCallable(module, START, "MODULE_START_MISSING");
            return;
        }
        checkCallable(module, INITIALIZE, "MODULE_INITIALIZE_INVALID");
        if (ExportDispatch.invocables(module).isEmpty()) {
            throw new ModuleRefusedException(
                    "MODULE_START_MISSING",
                    "the module exports no function _start, so it is no command, and no other function that can be"
                            + " invoked: one of at most " + Signature.MAX_VALUES
                            + " numbers as parameters and as results,"
                            + " whose name has at most " + ExportDispatch.NAME_CHARACTERS + " characters");
        }
    }

    private static void checkCallable(ParsedModule module, String name, String reason) throws ModuleRefusedException {
        OptionalInt function = module.exportedFunction(name);
        FunctionType type =
                function.isEmpty() ? FunctionType.COMMAND : module.spaces().typeOf(function.getAsInt());
        if (!type.isCommand()) {
            throw new ModuleRefusedException(
                    reason, name + " has the type " + type + " and must have " + FunctionType.COMMAND);
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

package io.wasmwiz.executor.wasm;

import io.wasmwiz.executor.modules.ModuleFindings;
import io.wasmwiz.executor.modules.ModuleInspection;
import io.wasmwiz.executor.modules.ModuleInspector;
import io.wasmwiz.executor.wasm.ParsedModule.Limits;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The rules a tenant's module must pass before the engine sees it: a WASI preview1 command in a bounded, known part of
 * WebAssembly. Whether its instructions fit each other is left to the engine, which refuses such modules when it
 * compiles them. Takes time in proportion to the size of the module (about 2 ns per byte). Thread-safe.
 */
public final class ModulePolicy implements ModuleInspector {
    private static final FunctionType COMMAND = new FunctionType("", "");
    private static final int LISTED_NAMES = 1_000;
    private static final int LISTED_NAME_CHARACTERS = 256;

    private final ModulePolicyConfig config;

    /** A policy with these bounds. */
    public ModulePolicy(ModulePolicyConfig config) {
        this.config = config;
    }

    /** {@inheritDoc} Lists at most 1,000 imports and 1,000 exports, names cut at 256 characters. */
    @Override
    public ModuleInspection inspect(byte[] module) {
        try {
            return new ModuleInspection.Accepted(findings(accept(module, config)));
        } catch (ModuleRefusedException e) {
            return new ModuleInspection.Refused(e.reason(), e.message());
        }
    }

    /** The parsed module, if it passes every rule. */
    static ParsedModule accept(byte[] bytes, ModulePolicyConfig config) throws ModuleRefusedException {
        ParsedModule module = ModuleParser.parse(bytes, config);
        for (ParsedModule.Import imported : module.imports()) {
            WasiPreview1.check(imported, module.types().get(imported.type()));
        }
        checkStartSection(module);
        checkCommand(module);
        checkTables(module, config);
        return module;
    }

    // The rewrite turns the start section into an export, so the engine no longer sees to its type (core specification,
    // "Start Function").
    private static void checkStartSection(ParsedModule module) throws ModuleRefusedException {
        if (module.start().isPresent()) {
            FunctionType type = module.typeOf(module.start().getAsInt());
            if (!type.equals(COMMAND)) {
                throw new ModuleRefusedException(
                        "MODULE_MALFORMED",
                        "malformed WebAssembly: the start section names a function of type " + type + "; it must have "
                                + COMMAND);
            }
        }
    }

    private static void checkCommand(ParsedModule module) throws ModuleRefusedException {
        OptionalInt start = module.exportedFunction("_start");
        if (start.isEmpty()) {
            throw new ModuleRefusedException(
                    "MODULE_START_MISSING",
                    "the module exports no function _start, so it is no command; build a program with a main function"
                            + " for wasm32-wasi, not a library");
        }
        FunctionType type = module.typeOf(start.getAsInt());
        if (!type.equals(COMMAND)) {
            throw new ModuleRefusedException(
                    "MODULE_START_MISSING", "_start has the type " + type + " and must have " + COMMAND);
        }
    }

    private static void checkTables(ParsedModule module, ModulePolicyConfig config) throws ModuleRefusedException {
        long elements = module.tables().stream().mapToLong(Limits::minimum).sum();
        if (elements > config.maxTableElements()) {
            throw new ModuleRefusedException(
                    "MODULE_TABLE_TOO_LARGE",
                    "the module's tables start with " + elements + " elements; at most " + config.maxTableElements()
                            + " are allowed together");
        }
    }

    private static ModuleFindings findings(ParsedModule module) {
        return new ModuleFindings(
                listed(module.imports().stream()
                        .map(i -> i.module() + "." + i.name())
                        .toList()),
                listed(module.exports().stream().map(ParsedModule.Export::name).toList()),
                module.memory().stream().mapToLong(Limits::minimum).sum(),
                module.memory().stream().map(Limits::maximum).findFirst().orElse(OptionalLong.empty()),
                module.bodies().count(),
                module.bodies().largestBytes(),
                module.bodies().complexity());
    }

    private static List<String> listed(List<String> names) {
        return names.stream()
                .limit(LISTED_NAMES)
                .map(name -> name.codePointCount(0, name.length()) <= LISTED_NAME_CHARACTERS
                        ? name
                        : name.substring(0, name.offsetByCodePoints(0, LISTED_NAME_CHARACTERS)))
                .toList();
    }
}

package io.wasmwiz.executor.wasm;

import io.wasmwiz.executor.modules.ModuleFindings;
import io.wasmwiz.executor.wasm.ParsedModule.Export;
import io.wasmwiz.executor.wasm.ParsedModule.Import;
import io.wasmwiz.executor.wasm.ParsedModule.Limits;
import java.util.OptionalLong;

/** Says of an accepted module what its author is told. */
final class Findings {
    static final int LISTED = 1_000;
    private static final int NAME_CHARACTERS = 256;

    static ModuleFindings of(ParsedModule module) {
        FunctionBodies bodies = module.bodies();
        return new ModuleFindings(
                module.imports().stream()
                        .limit(LISTED)
                        .map(imported -> imported(module, imported))
                        .toList(),
                Math.max(0, module.imports().size() - LISTED),
                module.exports().stream()
                        .limit(LISTED)
                        .map(export -> exported(module, export))
                        .toList(),
                Math.max(0, module.exports().size() - LISTED),
                module.memory().stream().mapToLong(Limits::minimum).sum(),
                module.memory().stream().map(Limits::maximum).findFirst().orElse(OptionalLong.empty()),
                bodies.growsMemory(),
                module.tables().stream().map(Findings::table).toList(),
                bodies.codeBytes(),
                module.dataBytes(),
                bodies.count(),
                bodies.largest().bytes(),
                bodies.largest().complexity(),
                bodies.largest().work(),
                module.start().isPresent(),
                module.features().stream().map(Feature::word).toList(),
                module.exportedFunction(ModulePolicy.START).isEmpty());
    }

    private static ModuleFindings.Import imported(ParsedModule module, Import imported) {
        return new ModuleFindings.Import(
                cut(imported.module()),
                cut(imported.name()),
                module.spaces().types.get(imported.type()).toString());
    }

    private static ModuleFindings.Export exported(ParsedModule module, Export export) {
        int index = export.index();
        String type = switch (export.kind()) {
            case ParsedModule.KIND_FUNCTION -> module.spaces().typeOf(index).toString();
            case ParsedModule.KIND_TABLE ->
                ValueTypes.word(module.tables().get(index).element());
            case ParsedModule.KIND_MEMORY -> "i32";
            default ->
                (module.spaces().mutableGlobals.get(index) ? "mut " : "")
                        + ValueTypes.word(module.spaces().globals.charAt(index));
        };
        return new ModuleFindings.Export(cut(export.name()), ParsedModule.KINDS.get(export.kind()), type);
    }

    private static ModuleFindings.Table table(Limits limits) {
        return new ModuleFindings.Table(ValueTypes.word(limits.element()), limits.minimum(), limits.maximum());
    }

    private static String cut(String name) {
        return name.codePointCount(0, name.length()) <= NAME_CHARACTERS
                ? name
                : name.substring(0, name.offsetByCodePoints(0, NAME_CHARACTERS));
    }

    private Findings() {}
}

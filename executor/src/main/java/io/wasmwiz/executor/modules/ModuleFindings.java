package io.wasmwiz.executor.modules;

import java.util.List;
import java.util.OptionalLong;

/**
 * What an accepted module holds; the figures of {@code wasmwiz.v1.ModuleProfile}. Lists and names are cut to its bounds.
 *
 * @param imports functions it imports
 * @param moreImports imports that are not listed
 * @param exports what it exports
 * @param moreExports exports that are not listed
 * @param memoryMinimumPages pages it starts with, 0 without a memory
 * @param memoryMaximumPages pages it declares at most; empty when it declares no maximum
 * @param growsMemory whether a function of it asks for more memory, so that refused growths are counted
 * @param tables tables it defines
 * @param codeBytes bytes of all function bodies together
 * @param dataBytes bytes of all data segments together
 * @param functionCount functions it defines
 * @param largestFunctionBytes largest body
 * @param complexity largest product of a function's locals and its branches
 * @param work largest compile work of a function
 * @param hasStartSection whether a function runs before {@code _start}
 * @param features proposals beyond WebAssembly 1.0 that it uses
 * @param isLibrary whether it exports no {@code _start}: it is no command, and its functions are invoked
 */
public record ModuleFindings(
        List<Import> imports,
        int moreImports,
        List<Export> exports,
        int moreExports,
        long memoryMinimumPages,
        OptionalLong memoryMaximumPages,
        boolean growsMemory,
        List<Table> tables,
        long codeBytes,
        long dataBytes,
        int functionCount,
        int largestFunctionBytes,
        long complexity,
        long work,
        boolean hasStartSection,
        List<String> features,
        boolean isLibrary) {
    public ModuleFindings {
        imports = List.copyOf(imports);
        exports = List.copyOf(exports);
        tables = List.copyOf(tables);
        features = List.copyOf(features);
    }

    /** An imported function; {@code type} in the text format's words. */
    public record Import(String module, String name, String type) {}

    /** An export; {@code kind} is function, table, memory or global, {@code type} in the text format's words. */
    public record Export(String name, String kind, String type) {}

    /** A table; {@code elementType} is funcref or externref. */
    public record Table(String elementType, long minimum, OptionalLong maximum) {}
}

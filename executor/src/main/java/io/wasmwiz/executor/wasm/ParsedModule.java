package io.wasmwiz.executor.wasm;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What {@link ModuleParser} read. Ranges are offsets into {@code bytes}. The arrays belong to the parse and are not
 * changed.
 *
 * @param bytes the module
 * @param sections the non-custom sections in file order
 * @param types the function types
 * @param imports its imports, all of them functions
 * @param functionTypes type index of each function that the module defines
 * @param tables its tables
 * @param memory its memory; empty list or one
 * @param globals globals that it defines
 * @param exports its exports
 * @param start function of the start section
 * @param bodies its function bodies
 * @param names contents of the last custom section of that name, unread
 */
record ParsedModule(
        byte[] bytes,
        List<Section> sections,
        List<FunctionType> types,
        List<Import> imports,
        int[] functionTypes,
        List<Limits> tables,
        List<Limits> memory,
        int globals,
        List<Export> exports,
        OptionalInt start,
        FunctionBodies bodies,
        Optional<Section> names) {
    static final int KIND_FUNCTION = 0;

    /** The type of a function by its index, imports first. */
    FunctionType typeOf(int function) {
        return types.get(typeIndexOf(function));
    }

    int typeIndexOf(int function) {
        return function < imports.size() ? imports.get(function).type() : functionTypes[function - imports.size()];
    }

    /** The function that the export {@code name} names. */
    OptionalInt exportedFunction(String name) {
        return exports.stream()
                .filter(export ->
                        export.kind() == KIND_FUNCTION && export.name().equals(name))
                .mapToInt(Export::index)
                .findFirst();
    }

    /** A section's contents. */
    record Section(int id, int start, int end) {}

    /** An imported function. */
    record Import(String module, String name, int type) {}

    /** An export. */
    record Export(String name, int kind, int index) {}

    /** Of a memory in pages, or of a table in elements ({@code element}: its reference type's byte). */
    record Limits(int element, long minimum, OptionalLong maximum) {}
}

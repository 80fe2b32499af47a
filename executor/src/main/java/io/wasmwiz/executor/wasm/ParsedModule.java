package io.wasmwiz.executor.wasm;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What {@link ModuleParser} read. Ranges are offsets into {@code bytes}. The arrays belong to the parse and are not
 * changed.
 *
 * @param bytes the module
 * @param sections the non-custom sections in file order
 * @param spaces its types, functions and globals
 * @param imports its imports, all of them functions
 * @param tables its tables
 * @param memory its memory; empty list or one
 * @param exports its exports
 * @param start function of the start section
 * @param bodies its function bodies
 * @param dataBytes bytes of all data segments together
 * @param features what it uses beyond WebAssembly 1.0
 * @param names contents of the last custom section of that name, unread
 */
record ParsedModule(
        byte[] bytes,
        List<Section> sections,
        ModuleSpaces spaces,
        List<Import> imports,
        List<Limits> tables,
        List<Limits> memory,
        List<Export> exports,
        OptionalInt start,
        FunctionBodies bodies,
        long dataBytes,
        Set<Feature> features,
        Optional<Section> names) {
    static final int KIND_FUNCTION = 0;
    static final int KIND_TABLE = 1;
    static final int KIND_MEMORY = 2;

    /** What an import or export of a kind is called. */
    static final List<String> KINDS = List.of("function", "table", "memory", "global", "tag");

    /** The function that the export {@code name} names. */
    OptionalInt exportedFunction(String name) {
        return exports.stream()
                .filter(export ->
                        export.kind() == KIND_FUNCTION && export.name().equals(name))
                .mapToInt(Export::index)
                .findFirst();
    }

    /** The section of this id, if it is there. */
    Optional<Section> section(int id) {
        return sections.stream().filter(section -> section.id() == id).findFirst();
    }

    /** A section's contents. */
    record Section(int id, int start, int end) {}

    /** An imported function. */
    record Import(String module, String name, int type) {}

    /** An export. */
    record Export(String name, int kind, int index) {}

    /** Of a memory in pages, or of a table in elements ({@code element}: its reference type's letter). */
    record Limits(char element, long minimum, OptionalLong maximum) {}
}

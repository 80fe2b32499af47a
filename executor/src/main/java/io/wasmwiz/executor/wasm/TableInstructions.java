package io.wasmwiz.executor.wasm;

import java.util.Set;

/** Checks the immediates of instructions on tables: the indices, and that the types of two sides fit. */
final class TableInstructions {
    private final ModuleSpaces spaces;
    private final Set<Feature> features;

    TableInstructions(ModuleSpaces spaces, Set<Feature> features) {
        this.spaces = spaces;
        this.features = features;
    }

    /** For {@code call_indirect}. */
    void requireFunctions(WasmReader in) throws ModuleRefusedException {
        int at = in.position();
        int table = in.index("table", spaces.tables.length());
        if (spaces.tables.charAt(table) != 'r') {
            throw in.malformedAt(at, "table " + table + " is called through and holds externref; it must hold funcref");
        }
        if (table != 0) {
            features.add(Feature.REFERENCE_TYPES);
        }
    }

    /** For {@code table.get} and {@code table.set}; the letter of the table's elements. */
    char access(WasmReader in) throws ModuleRefusedException {
        return spaces.tables.charAt(in.index("table", spaces.tables.length()));
    }

    /** For {@code table.init} (12), {@code elem.drop}, {@code table.copy}, {@code grow}, {@code size}, {@code fill}. */
    void bulk(WasmReader in, int opcode) throws ModuleRefusedException {
        int at = in.position();
        switch (opcode) {
            case 12 -> {
                char segment = spaces.elements.charAt(in.index("element segment", spaces.elements.length()));
                requireSame(in, at, segment, access(in));
            }
            case 13 -> in.index("element segment", spaces.elements.length());
            case 14 -> {
                char to = access(in);
                requireSame(in, at, access(in), to);
            }
            default -> access(in);
        }
    }

    private static void requireSame(WasmReader in, int at, char from, char to) throws ModuleRefusedException {
        if (from != to) {
            throw in.malformedAt(
                    at,
                    "elements of type " + ValueTypes.word(from) + " cannot go where " + ValueTypes.word(to)
                            + " must be");
        }
    }
}

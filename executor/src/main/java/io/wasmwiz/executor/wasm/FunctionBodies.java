package io.wasmwiz.executor.wasm;

/**
 * Where the function bodies lie and what the walk over them found. Arrays are not changed after the parse.
 *
 * @param starts first byte of each body, after its size
 * @param ends first byte after each body
 * @param sites offsets of the instructions that the rewrite changes, ascending: {@code memory.grow}, and those whose
 *     operand decides why they trap ({@link Opcodes#operandOf})
 * @param growsMemory whether {@code memory.grow} occurs
 * @param growsTables whether {@code table.grow} occurs
 * @param changesTablesOrSegments whether an instruction occurs that changes a table or a segment, or copies from one
 * @param usesFunctionReferences whether {@code ref.func} occurs in a body
 * @param codeBytes bytes of all bodies together
 * @param largest the largest figures that a function has, each by itself
 */
record FunctionBodies(
        int[] starts,
        int[] ends,
        int[] sites,
        boolean growsMemory,
        boolean growsTables,
        boolean changesTablesOrSegments,
        boolean usesFunctionReferences,
        long codeBytes,
        FunctionCost largest) {
    static final FunctionBodies NONE =
            new FunctionBodies(new int[0], new int[0], new int[0], false, false, false, false, 0, FunctionCost.NONE);

    int count() {
        return starts.length;
    }
}

package io.wasmwiz.executor.wasm;

/**
 * Where the function bodies lie and what the walk over them found. Arrays are not changed after the parse.
 *
 * @param starts first byte of each body, after its size
 * @param ends first byte after each body
 * @param growths offsets of the {@code memory.grow} instructions, ascending
 * @param usesFunctionReferences whether {@code ref.func} occurs in a body
 * @param codeBytes bytes of all bodies together
 * @param largest the largest figures that a function has, each by itself
 */
record FunctionBodies(
        int[] starts, int[] ends, int[] growths, boolean usesFunctionReferences, long codeBytes, FunctionCost largest) {
    static final FunctionBodies NONE =
            new FunctionBodies(new int[0], new int[0], new int[0], false, 0, FunctionCost.NONE);

    int count() {
        return starts.length;
    }
}

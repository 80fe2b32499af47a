package io.wasmwiz.executor.wasm;

/**
 * What compiling a function takes, in figures that can be read off its body.
 *
 * @param bytes bytes of the body
 * @param complexity its locals times its {@code branches}: the compiler follows every local through every basic block
 * @param work instructions, each by how much machine code it becomes and how many values it passes on
 */
record FunctionCost(int bytes, long complexity, long work) {
    static final FunctionCost NONE = new FunctionCost(0, 0, 0);

    /** The larger of each figure. */
    FunctionCost largest(FunctionCost other) {
        return new FunctionCost(
                Math.max(bytes, other.bytes), Math.max(complexity, other.complexity), Math.max(work, other.work));
    }
}

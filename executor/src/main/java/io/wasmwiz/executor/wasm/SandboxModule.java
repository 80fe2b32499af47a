package io.wasmwiz.executor.wasm;

/**
 * A module in the form that the sandbox compiles; see {@link SandboxRewrite}.
 *
 * @param bytes WebAssembly binary; shared, must not be changed
 * @param hasMemory whether it imports {@link SandboxRewrite#MEMORY}
 * @param memoryMinimumPages pages its memory must start with
 * @param memoryMaximumPages pages it declares at most; 65,536 when it declares no maximum
 * @param countsGrowths whether it exports {@link SandboxRewrite#REFUSED_GROWTHS}
 * @param keepsOperands whether it exports what {@link TrapOperands} adds
 * @param instanceBytes about what an instance takes in its store beside the memory; {@link Integer#MAX_VALUE} when its
 *     tables can grow
 * @param importedFunctions functions that it imports, which have the lowest indices
 * @param definedFunctions functions of the uploaded module, which follow; what was appended comes after them
 * @param names what the uploaded module calls its functions
 */
public record SandboxModule(
        byte[] bytes,
        boolean hasMemory,
        int memoryMinimumPages,
        int memoryMaximumPages,
        boolean countsGrowths,
        boolean keepsOperands,
        int instanceBytes,
        int importedFunctions,
        int definedFunctions,
        FunctionNames names) {
    /** Without the bytes. */
    @Override
    public String toString() {
        return "SandboxModule[bytes=" + bytes.length + ", memoryMinimumPages=" + memoryMinimumPages + "]";
    }
}

package io.wasmwiz.executor.wasm;

/**
 * A module in the form that the sandbox compiles; see {@link SandboxRewrite}.
 *
 * @param bytes WebAssembly binary; shared, must not be changed
 * @param hasMemory whether it imports {@link SandboxRewrite#MEMORY}
 * @param memoryMinimumPages pages its memory must start with
 * @param memoryMaximumPages pages it declares at most; 65,536 when it declares no maximum
 * @param countsGrowths whether it exports {@link SandboxRewrite#REFUSED_GROWTHS}
 * @param hasStart whether it exports {@link SandboxRewrite#START}
 */
public record SandboxModule(
        byte[] bytes,
        boolean hasMemory,
        int memoryMinimumPages,
        int memoryMaximumPages,
        boolean countsGrowths,
        boolean hasStart) {
    /** Without the bytes. */
    @Override
    public String toString() {
        return "SandboxModule[bytes=" + bytes.length + ", memoryMinimumPages=" + memoryMinimumPages + "]";
    }
}

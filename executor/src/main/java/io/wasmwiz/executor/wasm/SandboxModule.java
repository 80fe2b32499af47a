package io.wasmwiz.executor.wasm;

import io.wasmwiz.executor.sandbox.Signature;
import java.util.Map;

/**
 * A module in the form that the sandbox compiles; see {@link SandboxRewrite}.
 *
 * @param bytes WebAssembly binary; shared, must not be changed
 * @param hasMemory whether it imports {@link SandboxRewrite#MEMORY}
 * @param memoryMinimumPages pages its memory must start with
 * @param memoryMaximumPages pages it declares at most; 65,536 when it declares no maximum
 * @param countsGrowths whether it exports {@link SandboxRewrite#REFUSED_GROWTHS}
 * @param keepsOperands whether it exports what {@link TrapOperands} adds
 * @param startsAnew whether {@link SandboxRewrite#RUN} can be called again and again, the memory zeroed before each call; see
 *     {@link FreshStart}
 * @param instanceBytes about what an instance takes in its store beside the memory; {@link Integer#MAX_VALUE} when its
 *     tables can grow
 * @param importedFunctions functions that it imports, which have the lowest indices
 * @param definedFunctions functions of the uploaded module, which follow; what was appended comes after them
 * @param functions by name, the functions of a module that is no command that can be invoked; empty for a command
 * @param names what the uploaded module calls its functions
 */
public record SandboxModule(
        byte[] bytes,
        boolean hasMemory,
        int memoryMinimumPages,
        int memoryMaximumPages,
        boolean countsGrowths,
        boolean keepsOperands,
        boolean startsAnew,
        int instanceBytes,
        int importedFunctions,
        int definedFunctions,
        Map<String, Invocable> functions,
        FunctionNames names) {
    public SandboxModule {
        functions = Map.copyOf(functions);
    }

    /**
     * An exported function that can be invoked.
     *
     * @param number what {@link SandboxRewrite#SELECTED} has to be for it, from 0
     * @param signature what it takes and returns
     */
    public record Invocable(int number, Signature signature) {}

    /** Without the bytes. */
    @Override
    public String toString() {
        return "SandboxModule[bytes=" + bytes.length + ", memoryMinimumPages=" + memoryMinimumPages + "]";
    }
}

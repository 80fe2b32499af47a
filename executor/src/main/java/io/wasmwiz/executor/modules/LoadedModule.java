package io.wasmwiz.executor.modules;

import io.wasmwiz.executor.sandbox.ModuleCode;

/**
 * A module of an account, ready to be handed to the sandbox.
 *
 * @param memoryMinimumPages linear memory that it starts with, in pages of 64 KiB
 * @param invocables its functions that can be invoked
 */
public record LoadedModule(ModuleCode code, long memoryMinimumPages, Invocables invocables) {
    static LoadedModule of(ModuleCode code, ModuleFindings findings) {
        return new LoadedModule(code, findings.memoryMinimumPages(), Invocables.of(findings));
    }
}

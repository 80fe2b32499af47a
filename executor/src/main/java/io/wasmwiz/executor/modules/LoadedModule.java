package io.wasmwiz.executor.modules;

import io.wasmwiz.executor.sandbox.ModuleCode;

/**
 * A module of an account, ready to be handed to the sandbox.
 *
 * @param memoryMinimumPages linear memory that it starts with, in pages of 64 KiB
 */
public record LoadedModule(ModuleCode code, long memoryMinimumPages) {
    static LoadedModule of(ModuleLookup.Fresh fresh) {
        return new LoadedModule(fresh.code(), fresh.findings().memoryMinimumPages());
    }
}

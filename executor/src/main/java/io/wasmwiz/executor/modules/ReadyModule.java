package io.wasmwiz.executor.modules;

/**
 * A module that was kept and compiled.
 *
 * @param module the module
 * @param compiledBefore whether it was compiled when it was asked for, not on account of that
 */
public record ReadyModule(LoadedModule module, boolean compiledBefore) {}

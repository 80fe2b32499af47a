package io.wasmwiz.executor.wasm;

/**
 * How large and how complex a module may be. The defaults leave room for the largest programs we know (interpreters of
 * 30 MB) and refuse what makes the engine's compiler slow or lets an instance take memory outside of its linear memory.
 *
 * @param maxModuleBytes bytes of the module
 * @param maxTypes function types
 * @param maxImports imports
 * @param maxFunctions functions, imported ones included
 * @param maxGlobals globals; each takes 16 bytes per run
 * @param maxExports exports
 * @param maxSegments element segments, and as many data segments
 * @param maxTables tables
 * @param maxTableElements elements of all tables together, at most, also after growth; each takes 8 bytes per run
 * @param maxParameters parameters of a function type, and as many results
 * @param maxLocals locals of a function, parameters included
 * @param maxFunctionBytes bytes of a function body
 * @param maxComplexity product of a function's locals, together with the parameters and results of its blocks that have more
 *     than 16, and its block-like instructions: the compiler's memory and time
 *     grow with it, and a compilation holds its sandbox worker to the end. The largest real program we know is Ruby's
 *     interpreter with 4.5 million (SQLite: 0.46 million); modules that crash the compiler start at 22 million
 */
public record ModulePolicyConfig(
        int maxModuleBytes,
        int maxTypes,
        int maxImports,
        int maxFunctions,
        int maxGlobals,
        int maxExports,
        int maxSegments,
        int maxTables,
        int maxTableElements,
        int maxParameters,
        int maxLocals,
        int maxFunctionBytes,
        long maxComplexity) {
    /** The documented defaults. */
    public static final ModulePolicyConfig DEFAULTS = new ModulePolicyConfig(
            64 << 20, 100_000, 1_000, 200_000, 20_000, 100_000, 100_000, 100, 1_000_000, 1_000, 50_000, 7 << 20,
            6_000_000);
}

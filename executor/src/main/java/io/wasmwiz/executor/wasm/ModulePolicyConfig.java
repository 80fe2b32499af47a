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
 * @param maxFunctionBytes bytes of a function body; the largest real one we know has 100 KB
 * @param maxComplexity product of a function's locals and its branches (blocks and branches count one, loops and branches
 *     back four): the compiler's memory and time grow with it
 * @param maxModuleComplexity the same of all functions together
 * @param maxWork compile work of a function: its instructions, each by how much machine code it becomes and how many values
 *     it passes on, in units of about a quarter of a microsecond on one core. The largest real program we know is Ruby's
 *     interpreter, see {@code executor/README.md}; some way beyond, functions crash the compiler
 * @param maxModuleWork the same of all functions together, which the compiler spreads over the cores
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
        long maxComplexity,
        long maxModuleComplexity,
        long maxWork,
        long maxModuleWork) {
    /** The documented defaults. */
    public static final ModulePolicyConfig DEFAULTS = new ModulePolicyConfig(
            64 << 20,
            100_000,
            1_000,
            200_000,
            20_000,
            100_000,
            100_000,
            100,
            1_000_000,
            1_000,
            50_000,
            2 << 20,
            12_000_000,
            40_000_000,
            4_000_000,
            100_000_000);
}

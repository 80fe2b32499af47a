package io.wasmwiz.executor.modules;

import java.util.List;
import java.util.OptionalLong;

/**
 * What an accepted module holds; the figures of {@code wasmwiz.v1.ModuleProfile}.
 *
 * @param imports functions it imports, as "module.name"
 * @param exports names it exports
 * @param memoryMinimumPages pages it starts with, 0 without a memory
 * @param memoryMaximumPages pages it declares at most; empty when it declares no maximum
 * @param functionCount functions it defines
 * @param largestFunctionBytes largest body
 * @param complexity largest product of a function's locals and its block-like instructions
 */
public record ModuleFindings(
        List<String> imports,
        List<String> exports,
        long memoryMinimumPages,
        OptionalLong memoryMaximumPages,
        int functionCount,
        int largestFunctionBytes,
        long complexity) {
    public ModuleFindings {
        imports = List.copyOf(imports);
        exports = List.copyOf(exports);
    }
}

package io.wasmwiz.executor.modules;

import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.sandbox.ModuleCode;

/** What came of looking for a module. */
public sealed interface ModuleLookup {
    /** The account has it. */
    record Known(LoadedModule module) implements ModuleLookup {}

    /** The account does not have it; it was brought along and passed inspection, and is neither compiled nor kept yet. */
    record Fresh(ModuleCode code, ModuleFindings findings) implements ModuleLookup {}

    /** There is none, or it cannot run here. */
    record Refused(Refusal refusal) implements ModuleLookup {}

    /** SHA-256 of a module that was found. */
    static ModuleDigest digest(ModuleLookup found) {
        if (found instanceof Known known) {
            return known.module().code().digest();
        }
        if (found instanceof Fresh fresh) {
            return fresh.code().digest();
        }
        throw new IllegalArgumentException("no module was found");
    }

    /** What can be invoked in a module that was found. */
    static Invocables invocables(ModuleLookup found) {
        if (found instanceof Known known) {
            return known.module().invocables();
        }
        return found instanceof Fresh fresh ? Invocables.of(fresh.findings()) : Invocables.COMMAND;
    }

    /** Memory that the module starts with; 0 for one that was refused. */
    static long memoryMinimumPages(ModuleLookup lookup) {
        if (lookup instanceof Known known) {
            return known.module().memoryMinimumPages();
        }
        return lookup instanceof Fresh fresh ? fresh.findings().memoryMinimumPages() : 0;
    }
}

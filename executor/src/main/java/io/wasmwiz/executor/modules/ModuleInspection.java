package io.wasmwiz.executor.modules;

/** What an inspection found. */
public sealed interface ModuleInspection {
    /** The module may be kept and compiled. */
    record Accepted(ModuleFindings findings) implements ModuleInspection {}

    /**
     * It may not.
     *
     * @param reason stable UPPER_SNAKE word for programs, for example {@code MODULE_IMPORT_UNKNOWN}
     * @param message for the module's author: what is wrong, where, and what is allowed; at most 1,024 characters
     */
    record Refused(String reason, String message) implements ModuleInspection {}
}

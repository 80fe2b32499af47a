package io.wasmwiz.executor.modules;

import java.util.Map;

/** What an inspection found. */
public sealed interface ModuleInspection {
    /** The module may be kept and compiled. */
    record Accepted(ModuleFindings findings) implements ModuleInspection {}

    /**
     * It may not.
     *
     * @param reason stable UPPER_SNAKE word for programs, for example {@code MODULE_IMPORT_UNKNOWN}
     * @param message for the module's author: what is wrong, where, and what is allowed; at most 1,024 characters
     * @param figures what the message says, for programs: {@code offset}, {@code actual}, {@code limit} and the like; at
     *     most 8 of at most 128 characters
     */
    record Refused(String reason, String message, Map<String, String> figures) implements ModuleInspection {
        public Refused {
            figures = Map.copyOf(figures);
        }

        /** Without figures. */
        public Refused(String reason, String message) {
            this(reason, message, Map.of());
        }
    }
}

package io.wasmwiz.executor.modules;

import io.wasmwiz.executor.sandbox.Signature;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What can be invoked in a module, as far as its author was told of it.
 *
 * @param isCommand whether the module runs by its {@code _start}, and none of its functions by name
 * @param functions signatures by name, in the order of the exports
 */
public record Invocables(boolean isCommand, Map<String, Signature> functions) {
    /** A command's. */
    public static final Invocables COMMAND = new Invocables(true, Map.of());

    private static final String INITIALIZE = "_initialize";
    private static final int MAX_NAME_CHARACTERS = 255;
    /** What a function takes beside its name, roughly. */
    private static final int FUNCTION_BYTES = 200;

    public static Invocables of(ModuleFindings findings) {
        if (!findings.isLibrary()) {
            return COMMAND;
        }
        Map<String, Signature> functions = new LinkedHashMap<>();
        for (ModuleFindings.Export export : findings.exports()) {
            String name = export.name();
            if (export.kind().equals("function")
                    && !name.equals(INITIALIZE)
                    && name.codePointCount(0, name.length()) <= MAX_NAME_CHARACTERS) {
                Signature.parse(export.type()).ifPresent(signature -> functions.put(name, signature));
            }
        }
        return new Invocables(false, Collections.unmodifiableMap(functions));
    }

    /** Memory that it takes, roughly. */
    int heldBytes() {
        return functions.keySet().stream()
                .mapToInt(name -> FUNCTION_BYTES + 2 * name.length())
                .sum();
    }
}

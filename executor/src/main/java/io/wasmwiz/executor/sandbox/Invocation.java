package io.wasmwiz.executor.sandbox;

import java.util.List;

/**
 * A call of one exported function of a module that is no command.
 *
 * @param export the function's name
 * @param arguments of its parameters' types, in order
 */
public record Invocation(String export, List<Value> arguments) {
    public Invocation {
        arguments = List.copyOf(arguments);
    }

    /** Without guest data. */
    @Override
    public String toString() {
        return "Invocation[arguments=" + arguments.size() + "]";
    }
}

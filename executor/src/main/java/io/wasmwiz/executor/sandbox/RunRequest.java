package io.wasmwiz.executor.sandbox;

import java.util.List;
import java.util.Map;

/**
 * One run of a WASI preview1 command.
 *
 * @param module what to run
 * @param input standard input; shared, must not be changed
 * @param arguments after the program name
 * @param environment of the guest
 * @param limits what it may use
 */
public record RunRequest(
        ModuleCode module, byte[] input, List<String> arguments, Map<String, String> environment, RunLimits limits) {
    public RunRequest {
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
    }

    /** Without guest data. */
    @Override
    public String toString() {
        return "RunRequest[module=" + module + ", inputBytes=" + input.length + ", limits=" + limits + "]";
    }
}

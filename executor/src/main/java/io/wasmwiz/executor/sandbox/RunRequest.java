package io.wasmwiz.executor.sandbox;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One run of a WASI preview1 command, or of one function of a module that is none.
 *
 * @param module what to run
 * @param input standard input; shared, must not be changed
 * @param arguments after the program name; without NUL characters
 * @param environment of the guest; names not empty and without {@code =}, nothing with NUL characters
 * @param files that it may read, below {@code /}
 * @param limits what it may use
 * @param invocation the function; empty: the module is a command, and its {@code _start} runs
 * @param start when it may start
 */
public record RunRequest(
        ModuleCode module,
        byte[] input,
        List<String> arguments,
        Map<String, String> environment,
        FileTree files,
        RunLimits limits,
        Optional<Invocation> invocation,
        StartConditions start) {
    /** A run of a command without files. */
    public RunRequest(
            ModuleCode module,
            byte[] input,
            List<String> arguments,
            Map<String, String> environment,
            RunLimits limits,
            StartConditions start) {
        this(module, input, arguments, environment, FileTree.empty(), limits, Optional.empty(), start);
    }

    /** A run of a command without files that may start at any time. */
    public RunRequest(
            ModuleCode module,
            byte[] input,
            List<String> arguments,
            Map<String, String> environment,
            RunLimits limits) {
        this(module, input, arguments, environment, FileTree.empty(), limits);
    }

    /** A run of a command that may start at any time. */
    public RunRequest(
            ModuleCode module,
            byte[] input,
            List<String> arguments,
            Map<String, String> environment,
            FileTree files,
            RunLimits limits) {
        this(module, input, arguments, environment, files, limits, Optional.empty(), StartConditions.none());
    }

    public RunRequest {
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
        arguments.forEach(RunRequest::requireNoNul);
        environment.forEach((name, value) -> {
            requireNoNul(name);
            requireNoNul(value);
            if (name.isEmpty() || name.indexOf('=') >= 0) {
                throw new IllegalArgumentException("an environment variable's name is empty or contains '='");
            }
        });
    }

    private static void requireNoNul(String string) {
        if (string.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("arguments and environment must not contain NUL characters");
        }
    }

    /** Without guest data. */
    @Override
    public String toString() {
        return "RunRequest[module=" + module + ", inputBytes=" + input.length + ", files=" + files + ", limits="
                + limits + "]";
    }
}

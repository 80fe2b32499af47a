package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.sandbox.FileTree;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A request to run a module once, as it came: nothing is checked yet, {@link RequestRules} does that.
 *
 * @param module what to run
 * @param input standard input; shared, must not be changed
 * @param arguments after the program name
 * @param environment of the guest
 * @param files that the guest may read
 * @param limits wished by the client
 * @param requestId as it came; empty for none
 */
public record ExecuteCommand(
        Source module,
        byte[] input,
        List<String> arguments,
        Map<String, String> environment,
        List<FileTree.File> files,
        LimitsWish limits,
        String requestId) {
    public ExecuteCommand {
        files = List.copyOf(files);
    }

    /** A run without files. */
    public ExecuteCommand(
            Source module,
            byte[] input,
            List<String> arguments,
            Map<String, String> environment,
            LimitsWish limits,
            String requestId) {
        this(module, input, arguments, environment, List.of(), limits, requestId);
    }

    /** Bytes of standard input and of the files' contents and paths. */
    public long inputBytes() {
        return input.length
                + files.stream().mapToLong(FileTree.File::inputBytes).sum();
    }

    /** Where the module is to come from. */
    public sealed interface Source {
        /** Not said. */
        record None() implements Source {}

        /** A module that this account uploaded; {@code hex} as it came. */
        record Digest(String hex) implements Source {}

        /** The module itself; shared, must not be changed. */
        record Inline(byte[] bytes) implements Source {}
    }

    /**
     * Limits below the tier's; empty: the tier's or the server's. Sizes are unsigned and saturate at
     * {@link Long#MAX_VALUE}.
     */
    public record LimitsWish(
            Optional<Duration> runTime, OptionalLong memoryBytes, OptionalLong stdoutBytes, OptionalLong stderrBytes) {
        /** None. */
        public static LimitsWish none() {
            return new LimitsWish(Optional.empty(), OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty());
        }
    }

    /** Without guest data. */
    @Override
    public String toString() {
        return "ExecuteCommand[inputBytes=" + inputBytes() + ", limits=" + limits + "]";
    }
}

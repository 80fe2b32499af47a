package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.FileTree;
import io.wasmwiz.executor.sandbox.Value;
import java.time.Duration;
import java.util.ArrayList;
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
 * @param invocation the function to call; empty: the module is to run as a command
 * @param limits wished by the client
 * @param requestId as it came; empty for none
 */
public record ExecuteCommand(
        Source module,
        byte[] input,
        List<String> arguments,
        Map<String, String> environment,
        List<FileTree.File> files,
        Optional<InvocationWish> invocation,
        LimitsWish limits,
        String requestId) {
    public ExecuteCommand {
        files = List.copyOf(files);
    }

    /** A run of a command without files. */
    public ExecuteCommand(
            Source module,
            byte[] input,
            List<String> arguments,
            Map<String, String> environment,
            LimitsWish limits,
            String requestId) {
        this(module, input, arguments, environment, List.of(), Optional.empty(), limits, requestId);
    }

    /** A call of one exported function; an argument without a value is one that came without. */
    public record InvocationWish(String export, List<Optional<Value>> arguments) {
        public InvocationWish {
            arguments = List.copyOf(arguments);
        }

        /** Without guest data. */
        @Override
        public String toString() {
            return "InvocationWish[arguments=" + arguments.size() + "]";
        }
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

    /** The same, naming its module, whose bytes are then of no use here. */
    ExecuteCommand named(ModuleDigest digest) {
        return new ExecuteCommand(
                new Source.Digest(digest.toString()),
                input,
                arguments,
                environment,
                files,
                invocation,
                limits,
                requestId);
    }

    /** The same for one item of a batch. */
    ExecuteCommand forItem(byte[] itemInput, List<String> moreArguments) {
        List<String> all = arguments;
        if (!moreArguments.isEmpty()) {
            all = new ArrayList<>(arguments);
            all.addAll(moreArguments);
        }
        return new ExecuteCommand(module, itemInput, all, environment, files, invocation, limits, requestId);
    }

    /** Without guest data. */
    @Override
    public String toString() {
        return "ExecuteCommand[inputBytes=" + inputBytes() + ", limits=" + limits + "]";
    }
}

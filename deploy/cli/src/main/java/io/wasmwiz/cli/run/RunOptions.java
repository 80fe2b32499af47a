package io.wasmwiz.cli.run;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.text.DurationConverter;
import io.wasmwiz.cli.text.Printable;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.Invoke;
import io.wasmwiz.v1.Limits;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What run and load say about one execution besides its module; a picocli mixin. */
public final class RunOptions {
    private static final long MIB = 1_048_576;
    private static final int LARGEST_MEMORY_MIB = 4_096;

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description = "Standard input of the guest; - is this command's standard input.")
    private @Nullable String input;

    @Option(
            names = "--arg",
            paramLabel = "ARG",
            arity = "1",
            description = "Argument of the guest; repeat for more. Write --arg=ARG when it starts with a dash.")
    private List<String> args = new ArrayList<>();

    @Option(
            names = "--env",
            paramLabel = "NAME=VALUE",
            arity = "1",
            description = "Environment variable of the guest; repeat for more.")
    private List<String> env = new ArrayList<>();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "Run time limit, for example 500ms, 5s or 2m. Default: the tier's.")
    private java.time.@Nullable Duration timeout;

    @Option(names = "--memory", paramLabel = "MIB", description = "Memory limit in MiB. Default: the tier's.")
    private @Nullable Integer memoryMib;

    @Option(
            names = "--invoke",
            paramLabel = "FUNCTION",
            description =
                    "Call this exported function of a module that has no _start; its results are printed, a line each.")
    private @Nullable String function;

    @Option(
            names = "--value",
            paramLabel = "TYPE:NUMBER",
            arity = "1",
            description =
                    "Parameter of the function, for example i32:-7, i64:0xff, f32:0.5 or f64:nan; repeat for more.")
    private List<String> values = new ArrayList<>();

    /** The input file, {@code -}, or null. */
    public @Nullable String input() {
        return input;
    }

    /** The run time limit asked for. */
    public java.time.@Nullable Duration timeout() {
        return timeout;
    }

    /** A request without a module. */
    public ExecuteRequest.Builder request(ByteString inputBytes, List<String> moreArgs) {
        ExecuteRequest.Builder request = ExecuteRequest.newBuilder()
                .setInput(inputBytes)
                .addAllArgs(args)
                .addAllArgs(moreArgs);
        for (String variable : env) {
            int equals = variable.indexOf('=');
            if (equals <= 0) {
                throw new CommandFailure(
                        ExitCode.USAGE, "--env takes NAME=VALUE, not '" + Printable.line(variable) + "'");
            }
            request.putEnv(variable.substring(0, equals), variable.substring(equals + 1));
        }
        if (function != null) {
            request.setInvoke(Invoke.newBuilder()
                    .setExport(function)
                    .addAllArgs(values.stream().map(Values::parse).toList()));
        } else if (!values.isEmpty()) {
            throw new CommandFailure(
                    ExitCode.USAGE, "--value is a parameter of a function: --invoke must name the function");
        }
        if (timeout != null || memoryMib != null) {
            request.setLimits(limits());
        }
        return request;
    }

    private Limits.Builder limits() {
        Limits.Builder limits = Limits.newBuilder();
        if (timeout != null) {
            limits.setRunTime(
                    Duration.newBuilder().setSeconds(timeout.getSeconds()).setNanos(timeout.getNano()));
        }
        if (memoryMib != null) {
            if (memoryMib < 1 || memoryMib > LARGEST_MEMORY_MIB) {
                throw new CommandFailure(
                        ExitCode.USAGE,
                        "--memory must be 1 to %d MiB, was %d".formatted(LARGEST_MEMORY_MIB, memoryMib));
            }
            limits.setMemoryBytes(memoryMib * MIB);
        }
        return limits;
    }
}

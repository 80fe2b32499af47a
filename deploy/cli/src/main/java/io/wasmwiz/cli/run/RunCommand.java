package io.wasmwiz.cli.run;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.connect.ServerConnection;
import io.wasmwiz.cli.connect.ServerOptions;
import io.wasmwiz.cli.connect.Target;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.module.BoundedInput;
import io.wasmwiz.cli.module.ModuleArgument;
import io.wasmwiz.cli.text.Json;
import io.wasmwiz.cli.text.Printable;
import io.wasmwiz.cli.text.Progress;
import io.wasmwiz.cli.text.Style;
import io.wasmwiz.cli.text.Terminal;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecuteResponse;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ExecutionStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a module once: its output to standard output, its receipt to standard error, its exit code as ours. */
@Command(
        name = "run",
        description = {
            "Run a module once and exit with its exit code.",
            "Its standard output and error become this command's; one line about the run follows on standard error."
        })
public final class RunCommand implements Callable<Integer> {
    /** Queueing and the network come on top of the run time; so does an unlimited tier, within reason. */
    private static final Duration LONGEST_CALL = Duration.ofMinutes(10);

    private static final Duration OVERHEAD = Duration.ofMinutes(1);
    private static final long LARGEST_INPUT_BYTES = 64L << 20;

    private final CliContext context;

    @Parameters(index = "0", paramLabel = "MODULE", description = "A .wasm file, or the digest of an uploaded module.")
    private String module = "";

    @Parameters(
            index = "1..*",
            paramLabel = "ARG",
            arity = "0..*",
            description = "More arguments of the guest; put -- before them when they start with a dash.")
    private List<String> moreArgs = new ArrayList<>();

    @Mixin
    private RunOptions options = new RunOptions();

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Option(
            names = "--file",
            paramLabel = "GUEST=HOST",
            arity = "1",
            description = "Lets the guest read the file HOST as /GUEST, such as data/in.txt=in.txt; repeat for more.")
    private List<String> files = new ArrayList<>();

    @Option(
            names = "--request-id",
            paramLabel = "UUID",
            description = "Makes the run idempotent: the same run under the same id, however often, is charged once.")
    private @Nullable UUID requestId;

    @Option(names = "--json", description = "Print the whole response as JSON (output in base64) instead.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only the guest's output, and errors.")
    private boolean quiet;

    public RunCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException {
        Target target = Target.resolve(server, context);
        ModuleArgument argument = ModuleArgument.parse(module, context.directory());
        ExecuteRequest.Builder request = options.request(input(), moreArgs);
        request.addAllFiles(GuestFiles.read(files, context.directory(), LARGEST_INPUT_BYTES));
        if (requestId != null) {
            request.setRequestId(requestId.toString());
        }
        ExecuteResponse response = execute(target, argument, request);
        if (json) {
            context.terminal().out().println(Json.print(response));
        } else {
            print(response);
        }
        int exitCode = Outcome.exitCode(response.getReceipt());
        context.terminal().out().flush();
        if (context.terminal().out().checkError()) {
            throw new CommandFailure(
                    ExitCode.IO,
                    "standard output could not be written; the run itself: " + Outcome.describe(response.getReceipt()));
        }
        return exitCode;
    }

    @SuppressWarnings("try") // The progress line lives as long as its block.
    private ExecuteResponse execute(Target target, ModuleArgument argument, ExecuteRequest.Builder request) {
        Duration timeout = options.timeout();
        Duration deadline =
                timeout == null || timeout.compareTo(LONGEST_CALL) > 0 ? LONGEST_CALL : timeout.plus(OVERHEAD);
        try (ServerConnection connection = ServerConnection.open(target);
                Progress progress = Progress.start(
                        context.terminal(),
                        quiet,
                        seconds -> "waiting for " + target.endpoint() + ", " + seconds + " s")) {
            return ModuleCall.execute(
                    connection.stub(ExecutionServiceGrpc::newBlockingStub, deadline), argument, request);
        }
    }

    private ByteString input() throws IOException {
        Terminal terminal = context.terminal();
        String input = options.input();
        if (input != null && !input.equals("-")) {
            return wrap(BoundedInput.read(context.directory().resolve(input), LARGEST_INPUT_BYTES));
        }
        if (input == null && terminal.inputIsTerminal()) {
            if (!quiet) {
                terminal.err()
                        .println("standard input is a terminal: the input is empty (--input FILE or a pipe sets it)");
            }
            return ByteString.EMPTY;
        }
        return wrap(BoundedInput.read(terminal.in(), LARGEST_INPUT_BYTES, "standard input"));
    }

    private static ByteString wrap(byte[] bytes) {
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    private void print(ExecuteResponse response) throws IOException {
        Terminal terminal = context.terminal();
        response.getStdout().writeTo(terminal.out());
        response.getResultsList().forEach(result -> terminal.out().println(Values.print(result)));
        terminal.out().flush();
        response.getStderr().writeTo(terminal.err());
        terminal.err().flush();
        if (quiet) {
            return;
        }
        Style style = context.errStyle();
        boolean completed = response.getReceipt().getStatus() == ExecutionStatus.EXECUTION_STATUS_COMPLETED;
        if (!response.getMessage().isEmpty()) {
            terminal.err().println(style.red("wasmwiz: ") + Printable.line(response.getMessage()));
        }
        for (String frame : response.getBacktraceList()) {
            terminal.err().println(style.faint("    at " + Printable.line(frame)));
        }
        String line = Printable.line(Outcome.line(response));
        terminal.err().println(completed ? style.faint(line) : style.yellow(line));
    }
}

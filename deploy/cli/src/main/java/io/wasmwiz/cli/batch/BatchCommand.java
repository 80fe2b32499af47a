package io.wasmwiz.cli.batch;

import com.google.protobuf.ByteString;
import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.connect.ServerConnection;
import io.wasmwiz.cli.connect.ServerOptions;
import io.wasmwiz.cli.connect.Target;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.module.ModuleArgument;
import io.wasmwiz.cli.run.ModuleCall;
import io.wasmwiz.cli.run.RunOptions;
import io.wasmwiz.cli.text.Printable;
import io.wasmwiz.v1.BatchOpening;
import io.wasmwiz.v1.ExecuteRequest;
import io.wasmwiz.v1.ExecutionServiceGrpc;
import io.wasmwiz.v1.ModuleRef;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs one module over many inputs through one stream, results as JSON lines. */
@Command(
        name = "batch",
        description = {
            "Run a module over many inputs through one stream; results are JSON, an object a line.",
            "A cut stream is taken up again by itself, and no item is charged twice for it. With --out and --resume another"
                    + " call of this command takes up where one ended.",
            "Exits with 0 when every item completed with exit code 0, else with 1."
        })
public final class BatchCommand implements Callable<Integer> {
    private static final int LARGEST_WINDOW = 100_000;
    private static final int WINDOW = 1_024;
    private static final int LARGEST_MAX_CUTS = 1_000;

    private final CliContext context;

    @Parameters(index = "0", paramLabel = "MODULE", description = "A .wasm file, or the digest of an uploaded module.")
    private String module = "";

    @Parameters(
            index = "1",
            paramLabel = "INPUTS",
            description = "A file, with --files a directory; - is standard input.")
    private String inputs = "";

    @ArgGroup
    private @Nullable Form form;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Where results go; FILE.batch beside it keeps the batch's id. Default: standard output.")
    private @Nullable String out;

    @Option(
            names = "--in-flight",
            paramLabel = "N",
            description = "Items sent and not answered at most, 1 to 100000. Default: 1024.")
    private @Nullable Integer inFlight;

    @Option(names = "--ordered", description = "Write results in the order of the items.")
    private boolean ordered;

    @Option(names = "--pace", description = "Wait for the next minute when this one's units are spent.")
    private boolean pace;

    @Option(names = "--resume", description = "Go on with the batch of --out: items that have run are left out.")
    private boolean resume;

    @Option(
            names = "--max-cuts",
            paramLabel = "N",
            defaultValue = "8",
            description = "Streams in a row that may be cut without a result, 0 to 1000. Default: ${DEFAULT-VALUE}.")
    private int maxCuts = 8;

    @Mixin
    private RunOptions options = new RunOptions();

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Option(
            names = {"-q", "--quiet"},
            description = "Show no progress and no summary.")
    private boolean quiet;

    /** What INPUTS holds. */
    private static final class Form {
        @Option(names = "--lines", description = "Each line is an input (the default).")
        private boolean lines;

        @Option(names = "--files", description = "Each file below the directory is an input.")
        private boolean files;

        @Option(names = "--jsonl", description = "Each line is an object: id, and input or input_base64, and args.")
        private boolean jsonl;
    }

    public BatchCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        check();
        Target target = Target.resolve(server, context);
        ModuleArgument argument = ModuleArgument.parse(module, context.directory());
        Path file = out == null ? null : context.directory().resolve(out);
        UUID batchId = file == null ? UUID.randomUUID() : batchId(file);
        Set<String> done = file == null || !resume ? Set.of() : ResultLines.itemsIn(file);
        PrintStream lines = file == null ? context.terminal().out() : open(file);
        try (ItemSource source = source();
                ServerConnection connection = ServerConnection.open(target)) {
            ResultLines results = new ResultLines(lines);
            BatchDialogue dialogue = new BatchDialogue(
                    connection.stub(ExecutionServiceGrpc::newStub),
                    opening(argument, batchId),
                    inFlight == null ? WINDOW : inFlight,
                    maxCuts,
                    results);
            run(dialogue, source, done, results);
            return results.failed() == 0 ? ExitCode.OK : ExitCode.SOME_FAILED;
        } finally {
            lines.flush();
            if (file != null) {
                lines.close();
            }
        }
    }

    @SuppressWarnings("try") // The progress lives as long as its block.
    private void run(BatchDialogue dialogue, ItemSource source, Set<String> done, ResultLines results)
            throws IOException, InterruptedException {
        BatchProgress progress = new BatchProgress(source, results, dialogue);
        try (AutoCloseable shown = progress.show(context.terminal(), quiet)) {
            dialogue.run(source, done::contains);
        } catch (BatchDialogue.Ended e) {
            List<String> more = e.failure().lines();
            throw new CommandFailure(
                    e.failure().exitCode(),
                    "the batch ended after %d results: %s".formatted(results.written(), more.get(0)),
                    more.subList(1, more.size()).toArray(String[]::new));
        } catch (IOException | InterruptedException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        if (!results.flush()) {
            throw new CommandFailure(ExitCode.IO, "results could not be written");
        }
        if (!quiet) {
            context.terminal().err().println(Printable.line(progress.summary(done.size())));
        }
    }

    private void check() {
        require(inFlight == null || (inFlight >= 1 && inFlight <= LARGEST_WINDOW), "--in-flight must be 1 to 100000");
        require(maxCuts >= 0 && maxCuts <= LARGEST_MAX_CUTS, "--max-cuts must be 0 to 1000");
        require(!resume || out != null, "--resume needs --out: it says which batch to go on with");
        require(options.input() == null, "--input is for single runs: INPUTS has the inputs of a batch");
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new CommandFailure(ExitCode.USAGE, message);
        }
    }

    /** Of the batch whose results {@code file} holds, kept beside it: a new one unless that is to go on. */
    private UUID batchId(Path file) throws IOException {
        Path keeper = Path.of(file + ".batch");
        if (resume && Files.exists(keeper)) {
            try {
                return UUID.fromString(Files.readString(keeper).strip());
            } catch (IllegalArgumentException e) {
                throw new CommandFailure(ExitCode.DATA, keeper + " does not hold the id of a batch");
            }
        }
        if (!resume && Files.exists(file) && Files.size(file) > 0) {
            throw new CommandFailure(
                    ExitCode.USAGE, file + " exists: name another file, or --resume the batch that it is of");
        }
        UUID fresh = UUID.randomUUID();
        Files.writeString(keeper, fresh + "\n");
        return fresh;
    }

    /** To be appended to. A line that was cut is ended first, so that it spoils no other. */
    private static PrintStream open(Path file) throws IOException {
        boolean isCut = Files.exists(file) && Files.size(file) > 0 && lastByte(file) != '\n';
        PrintStream lines = new PrintStream(
                new BufferedOutputStream(
                        Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND), 65_536),
                false,
                StandardCharsets.UTF_8);
        if (isCut) {
            lines.println();
        }
        return lines;
    }

    private static int lastByte(Path file) throws IOException {
        try (var channel = Files.newByteChannel(file)) {
            java.nio.ByteBuffer last = java.nio.ByteBuffer.allocate(1);
            channel.position(channel.size() - 1);
            channel.read(last);
            return last.get(0);
        }
    }

    private ItemSource source() throws IOException {
        Form which = form == null ? new Form() : form;
        if (which.files) {
            return FileItems.in(context.directory().resolve(inputs));
        }
        if (inputs.equals("-")) {
            return new LineItems(context.terminal().in(), "standard input", 0, which.jsonl);
        }
        Path file = context.directory().resolve(inputs);
        if (!Files.isRegularFile(file)) {
            throw new CommandFailure(ExitCode.NO_INPUT, "no such file: " + file);
        }
        return new LineItems(Files.newInputStream(file), file.toString(), Files.size(file), which.jsonl);
    }

    private BatchOpening opening(ModuleArgument argument, UUID batchId) {
        ByteString bytes = argument.bytes();
        ModuleRef ref = bytes == null
                ? ModuleCall.byDigest(argument.digest())
                : ModuleRef.newBuilder().setInline(bytes).build();
        ExecuteRequest shared =
                options.request(ByteString.EMPTY, List.of()).setModule(ref).build();
        return BatchOpening.newBuilder()
                .setShared(shared)
                .setBatchId(batchId.toString())
                .setOrdered(ordered)
                .setPaceByMinute(pace)
                .setInFlight(inFlight == null ? 0 : inFlight)
                .build();
    }
}

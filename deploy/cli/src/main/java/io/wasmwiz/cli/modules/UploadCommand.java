package io.wasmwiz.cli.modules;

import com.google.protobuf.ByteString;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.connect.ServerConnection;
import io.wasmwiz.cli.connect.ServerOptions;
import io.wasmwiz.cli.connect.Target;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.module.ModuleArgument;
import io.wasmwiz.cli.text.Json;
import io.wasmwiz.cli.text.Printable;
import io.wasmwiz.cli.text.Progress;
import io.wasmwiz.cli.text.Units;
import io.wasmwiz.v1.Module;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.UploadModuleHeader;
import io.wasmwiz.v1.UploadModuleRequest;
import io.wasmwiz.v1.UploadModuleResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Uploads one module; prints its digest alone on standard output, so that scripts can take it. */
@Command(name = "upload", description = "Upload a module and print its digest.")
final class UploadCommand implements Callable<Integer> {
    private static final Duration DEADLINE = Duration.ofMinutes(10);
    private static final int CHUNK_BYTES = 262_144;

    private final CliContext context;

    @Parameters(index = "0", paramLabel = "FILE", description = "A .wasm file.")
    private Path file = Path.of("");

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "Label, at most 128 characters. Default: the file's name.")
    private @Nullable String name;

    @Option(names = "--json", description = "Print the response as JSON.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only the digest, and errors.")
    private boolean quiet;

    @Mixin
    private ServerOptions server = new ServerOptions();

    UploadCommand(CliContext context) {
        this.context = context;
    }

    @SuppressWarnings("try") // The progress line lives as long as its block.
    @Override
    public Integer call() throws IOException, InterruptedException, StatusException {
        Target target = Target.resolve(server, context);
        Path path = context.directory().resolve(file);
        ModuleArgument module = ModuleArgument.readFile(path);
        ByteString bytes = Objects.requireNonNull(module.bytes());
        UploadModuleHeader header = UploadModuleHeader.newBuilder()
                .setDigest(module.digest())
                .setName(name == null ? labelOf(path) : name)
                .build();
        UploadModuleResponse response;
        AtomicLong sent = new AtomicLong();
        try (ServerConnection connection = ServerConnection.open(target);
                Progress progress =
                        Progress.start(context.terminal(), quiet, seconds -> status(sent.get(), bytes.size()))) {
            response = upload(connection, header, bytes, sent);
        }
        report(response);
        return ExitCode.OK;
    }

    private static UploadModuleResponse upload(
            ServerConnection connection, UploadModuleHeader header, ByteString bytes, AtomicLong sent)
            throws InterruptedException, StatusException {
        BlockingClientCall<UploadModuleRequest, UploadModuleResponse> call =
                connection.stub(ModuleServiceGrpc::newBlockingV2Stub, DEADLINE).uploadModule();
        // A write that returns false means that the server answered early; read() then says what.
        boolean open =
                call.write(UploadModuleRequest.newBuilder().setHeader(header).build());
        for (int at = 0; open && at < bytes.size(); at += CHUNK_BYTES) {
            ByteString chunk = bytes.substring(at, Math.min(bytes.size(), at + CHUNK_BYTES));
            open = call.write(UploadModuleRequest.newBuilder().setChunk(chunk).build());
            sent.addAndGet(chunk.size());
        }
        if (open) {
            call.halfClose();
        }
        UploadModuleResponse response = call.read();
        if (response == null) {
            throw new CommandFailure(ExitCode.INTERNAL, "the server ended the upload without an answer");
        }
        return response;
    }

    private static String status(long sent, long total) {
        return sent < total
                ? "uploading, %s of %s (%d%%)".formatted(Units.bytes(sent), Units.bytes(total), sent * 100 / total)
                : "uploaded, the server is checking and compiling it";
    }

    private static String labelOf(Path path) {
        String label = String.valueOf(path.getFileName()).replaceFirst("\\.wasm$", "");
        return label.length() > 128 || label.chars().anyMatch(Character::isISOControl) ? "" : label;
    }

    private void report(UploadModuleResponse response) throws IOException {
        if (json) {
            context.terminal().out().println(Json.print(response));
            return;
        }
        Module module = response.getModule();
        context.terminal().out().println(Printable.line(module.getDigest()));
        if (!quiet) {
            String what = response.getAlreadyExisted() ? "was there already" : "uploaded";
            context.terminal()
                    .err()
                    .println(Printable.line(
                            "%s, %s, %s".formatted(what, module.getName(), Units.bytes(module.getSizeBytes()))));
            new ModuleReport(context.terminal().err()).print(module);
        }
    }
}

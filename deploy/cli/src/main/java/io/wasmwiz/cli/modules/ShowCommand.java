package io.wasmwiz.cli.modules;

import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.connect.ServerConnection;
import io.wasmwiz.cli.connect.ServerOptions;
import io.wasmwiz.cli.connect.Target;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.text.Json;
import io.wasmwiz.cli.text.Times;
import io.wasmwiz.cli.text.Units;
import io.wasmwiz.v1.GetModuleRequest;
import io.wasmwiz.v1.Module;
import io.wasmwiz.v1.ModuleServiceGrpc;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what the server knows of one module. */
@Command(name = "show", description = "Show one module and what validation found in it.")
final class ShowCommand implements Callable<Integer> {
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    private final CliContext context;

    @Parameters(index = "0", paramLabel = "DIGEST", description = "64 hex digits.")
    private String digest = "";

    @Option(names = "--json", description = "Print the module as JSON.")
    private boolean json;

    @Mixin
    private ServerOptions server = new ServerOptions();

    ShowCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException {
        GetModuleRequest request = GetModuleRequest.newBuilder()
                .setDigest(DigestArgument.parse(digest))
                .build();
        Module module;
        try (ServerConnection connection = ServerConnection.open(Target.resolve(server, context))) {
            module = connection
                    .stub(ModuleServiceGrpc::newBlockingStub, DEADLINE)
                    .getModule(request)
                    .getModule();
        }
        PrintStream out = context.terminal().out();
        if (json) {
            out.println(Json.print(module));
            return ExitCode.OK;
        }
        ModuleReport report = new ModuleReport(out);
        report.line("digest", module.getDigest());
        report.line("name", module.getName());
        report.line("size", Units.bytes(module.getSizeBytes()));
        report.line("uploaded", Times.second(module.getCreatedAt()));
        report.print(module);
        return ExitCode.OK;
    }
}

package io.wasmwiz.cli.modules;

import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.connect.ServerConnection;
import io.wasmwiz.cli.connect.ServerOptions;
import io.wasmwiz.cli.connect.Target;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.text.Terminal;
import io.wasmwiz.v1.DeleteModuleRequest;
import io.wasmwiz.v1.ModuleServiceGrpc;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Deletes one module, after asking. */
@Command(name = "delete", description = "Delete a module. Usage rows stay.")
final class DeleteCommand implements Callable<Integer> {
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final int LONGEST_ANSWER = 64;

    private final CliContext context;

    @Parameters(index = "0", paramLabel = "DIGEST", description = "64 hex digits.")
    private String digest = "";

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask.")
    private boolean yes;

    @Mixin
    private ServerOptions server = new ServerOptions();

    DeleteCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException {
        String parsed = DigestArgument.parse(digest);
        Target target = Target.resolve(server, context);
        if (!yes && !confirmed(parsed)) {
            context.terminal().err().println("not deleted");
            return ExitCode.CANCELLED;
        }
        try (ServerConnection connection = ServerConnection.open(target)) {
            connection
                    .stub(ModuleServiceGrpc::newBlockingStub, DEADLINE)
                    .deleteModule(
                            DeleteModuleRequest.newBuilder().setDigest(parsed).build());
        }
        context.terminal().err().println("deleted " + parsed);
        return ExitCode.OK;
    }

    private boolean confirmed(String parsed) throws IOException {
        Terminal terminal = context.terminal();
        if (!terminal.inputIsTerminal()) {
            throw new CommandFailure(
                    ExitCode.USAGE, "--yes is needed where standard input is not a terminal and nobody can be asked");
        }
        terminal.err().print("Delete " + parsed + "? [y/N] ");
        terminal.err().flush();
        StringBuilder answer = new StringBuilder();
        for (int c = terminal.in().read();
                c >= 0 && c != '\n' && answer.length() < LONGEST_ANSWER;
                c = terminal.in().read()) {
            answer.append((char) c);
        }
        return answer.toString().strip().equalsIgnoreCase("y")
                || answer.toString().strip().equalsIgnoreCase("yes");
    }
}

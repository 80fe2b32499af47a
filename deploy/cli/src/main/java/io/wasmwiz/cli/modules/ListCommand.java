package io.wasmwiz.cli.modules;

import com.google.gson.JsonArray;
import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.connect.ServerConnection;
import io.wasmwiz.cli.connect.ServerOptions;
import io.wasmwiz.cli.connect.Target;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.text.Json;
import io.wasmwiz.cli.text.Table;
import io.wasmwiz.cli.text.Times;
import io.wasmwiz.cli.text.Units;
import io.wasmwiz.v1.ListModulesRequest;
import io.wasmwiz.v1.ListModulesResponse;
import io.wasmwiz.v1.Module;
import io.wasmwiz.v1.ModuleServiceGrpc;
import io.wasmwiz.v1.ModuleServiceGrpc.ModuleServiceBlockingStub;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists the account's modules, newest first, page by page up to a limit. */
@Command(name = "list", description = "List modules, newest first.")
final class ListCommand implements Callable<Integer> {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final int LARGEST_PAGE = 1_000;
    private static final int LARGEST_LIMIT = 100_000;

    private final CliContext context;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "100",
            description = "Modules at most, 1 to 100000. Default: ${DEFAULT-VALUE}.")
    private int limit;

    @Option(names = "--json", description = "Print an array of modules as JSON.")
    private boolean json;

    @Mixin
    private ServerOptions server = new ServerOptions();

    ListCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException {
        if (limit < 1 || limit > LARGEST_LIMIT) {
            throw new CommandFailure(ExitCode.USAGE, "--limit must be 1 to %d, was %d".formatted(LARGEST_LIMIT, limit));
        }
        Target target = Target.resolve(server, context);
        List<Module> modules = new ArrayList<>();
        String page = "";
        try (ServerConnection connection = ServerConnection.open(target)) {
            ModuleServiceBlockingStub stub = connection.stub(ModuleServiceGrpc::newBlockingStub, DEADLINE);
            do {
                ListModulesResponse response = stub.listModules(ListModulesRequest.newBuilder()
                        .setPageSize(Math.min(LARGEST_PAGE, limit - modules.size()))
                        .setPageToken(page)
                        .build());
                modules.addAll(response.getModulesList());
                page = response.getNextPageToken();
            } while (!page.isEmpty() && modules.size() < limit);
        }
        print(modules, !page.isEmpty());
        return ExitCode.OK;
    }

    private void print(List<Module> modules, boolean more) throws IOException {
        if (json) {
            JsonArray array = new JsonArray();
            for (Module module : modules) {
                array.add(Json.tree(module));
            }
            context.terminal().out().println(Json.print(array));
            return;
        }
        Table table = new Table("DIGEST", "NAME", "SIZE", "UPLOADED");
        for (Module module : modules) {
            table.row(
                    module.getDigest(),
                    module.getName(),
                    Units.bytes(module.getSizeBytes()),
                    Times.second(module.getCreatedAt()));
        }
        table.print(context.terminal().out());
        if (more) {
            context.terminal().err().println("there are more: --limit raises how many are listed");
        }
    }
}

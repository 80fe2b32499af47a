package io.wasmwiz.cli.modules;

import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.CommandGroup;
import java.util.List;
import picocli.CommandLine.Command;

/** The modules that an account keeps on the server. */
@Command(name = "modules", description = "Upload, list, show and delete modules.")
public final class ModulesCommand extends CommandGroup {
    private final CliContext context;

    public ModulesCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public List<Object> subcommands() {
        return List.of(
                new UploadCommand(context),
                new ListCommand(context),
                new ShowCommand(context),
                new DeleteCommand(context));
    }
}

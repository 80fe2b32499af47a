package io.wasmwiz.cli.modules;

import io.wasmwiz.cli.CliContext;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The modules that an account keeps on the server. */
@Command(name = "modules", description = "Upload, list, show and delete modules.")
public final class ModulesCommand implements Runnable {
    private final CliContext context;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    public ModulesCommand(CliContext context) {
        this.context = context;
    }

    /** Its own subcommands, in the order of the help. */
    public List<Object> subcommands() {
        return List.of(
                new UploadCommand(context),
                new ListCommand(context),
                new ShowCommand(context),
                new DeleteCommand(context));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which command? upload, list, show or delete");
    }
}

package io.wasmwiz.cli.admin;

import io.wasmwiz.cli.CliContext;
import io.wasmwiz.cli.CommandGroup;
import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** What operators and account owners do. */
@Command(
        name = "admin",
        description = {
            "Manage accounts, keys and tiers, and read the audit log.",
            "A key with the scope admin may do everything, one with the scope account manages the keys of its account."
        })
public final class AdminCommand extends CommandGroup {
    private final CliContext context;

    public AdminCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public List<Object> subcommands() {
        return List.of(
                new UsersCommand(context),
                new KeysCommand(context),
                new TiersCommand(context),
                new AuditCommand(context),
                new Bootstrap());
    }

    /** The script starts it in another program; here it is known to the help and the completion. */
    @Command(
            name = "bootstrap",
            description = "Make the first operator and print its key, once, with access to the database.",
            footer = {"", "deploy/wasmwiz admin bootstrap --help lists every flag."})
    static final class Bootstrap implements Callable<Integer> {
        @Override
        public Integer call() {
            throw new CommandFailure(
                    ExitCode.USAGE, "`admin bootstrap` is not part of the client: use deploy/wasmwiz admin bootstrap");
        }
    }
}

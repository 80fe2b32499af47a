package io.wasmwiz.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;

/** Prints a completion script. */
@Command(
        name = "completion",
        description = {
            "Print a completion script for bash and zsh.",
            "Use: source <(wasmwiz completion), for example in ~/.bashrc."
        })
final class CompletionCommand implements Callable<Integer> {
    private final CliContext context;

    CompletionCommand(CliContext context) {
        this.context = context;
    }

    @Override
    public Integer call() {
        context.terminal().out().print(AutoComplete.bash("wasmwiz", Main.commandLine(context)));
        return 0;
    }
}

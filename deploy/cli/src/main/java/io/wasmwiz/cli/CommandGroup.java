package io.wasmwiz.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that does nothing but hold others. */
public abstract class CommandGroup implements Runnable, HasSubcommands {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public final void run() {
        List<String> names = subcommands().stream()
                .map(command -> command.getClass().getAnnotation(Command.class).name())
                .toList();
        int last = names.size() - 1;
        throw new ParameterException(
                spec.commandLine(),
                "which command? " + String.join(", ", names.subList(0, last)) + " or " + names.get(last));
    }
}

package io.wasmwiz.cli;

import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_COMMAND_LIST;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_DESCRIPTION;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_SYNOPSIS;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_SYNOPSIS_HEADING;

import io.wasmwiz.cli.failure.ExitCode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command above all subcommands. */
@Command(
        name = "wasmwiz",
        description = "Runs WebAssembly modules on a WasmWiz server.",
        commandListHeading = "",
        versionProvider = BuildVersion.class,
        footer = {
            "",
            "Server and key come from --server and --key, else from WASMWIZ_SERVER and WASMWIZ_KEY (or WASMWIZ_KEY_FILE),"
                    + " else from the running local stack.",
            "WASMWIZ_DEBUG=1 shows stack traces. NO_COLOR is respected."
        })
final class Wasmwiz implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    /** Without a subcommand: lists them, and is an error all the same. */
    @Override
    public Integer call() {
        CommandLine line = spec.commandLine();
        line.setHelpSectionKeys(List.of(
                SECTION_KEY_SYNOPSIS_HEADING,
                SECTION_KEY_SYNOPSIS,
                SECTION_KEY_DESCRIPTION,
                SECTION_KEY_COMMAND_LIST_HEADING,
                SECTION_KEY_COMMAND_LIST));
        line.usage(line.getErr());
        line.getErr().printf("%n`wasmwiz --help` and `wasmwiz COMMAND --help` say more.%n");
        return ExitCode.USAGE;
    }

    /** The subcommands as the help shows them: the client's own, then what runs on this machine. */
    static String commandList(Help help) {
        Map<String, Help> client = new LinkedHashMap<>(help.subcommands());
        Map<String, Help> script = new LinkedHashMap<>();
        for (ScriptCommand command : ScriptCommand.values()) {
            Help moved = client.remove(command.commandName());
            if (moved != null) {
                script.put(command.commandName(), moved);
            }
        }
        return "%nClient commands:%n".formatted()
                + help.commandList(client)
                + "%nThis machine and services:%n".formatted()
                + help.commandList(script);
    }
}

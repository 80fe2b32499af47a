package io.wasmwiz.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command above all subcommands. */
@Command(
        name = "wasmwiz",
        description = "Runs WebAssembly modules on a WasmWiz server.",
        versionProvider = BuildVersion.class,
        footer = {
            "",
            "Server and key come from --server and --key, else from WASMWIZ_SERVER and WASMWIZ_KEY (or WASMWIZ_KEY_FILE),"
                    + " else from the running local stack.",
            "WASMWIZ_DEBUG=1 shows stack traces. NO_COLOR is respected."
        })
final class Wasmwiz implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which command? `wasmwiz --help` lists them");
    }
}

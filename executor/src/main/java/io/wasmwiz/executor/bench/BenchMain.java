package io.wasmwiz.executor.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code wasmwiz bench}: what this machine makes of WasmWiz's parts. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {SandboxBench.class, ProgramsBench.class},
        description = "Measure parts of WasmWiz on this machine, each figure beside its floor.")
public final class BenchMain {
    private BenchMain() {}

    /** Runs one benchmark and prints it. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new BenchMain()).execute(arguments));
    }
}

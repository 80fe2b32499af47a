package io.wasmwiz.cli;

import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A command that the script {@code deploy/wasmwiz} starts in another program. Here it is known to the help, the
 * completion and the suggestions; reached without the script it says so.
 */
enum ScriptCommand {
    LOCAL("Run the whole of WasmWiz on this machine: PostgreSQL, Kafka, executor and metering."),
    CHAOS("Break a cluster on this machine on a seed, and prove that its books hold."),
    EXECUTOR("Run one executor, the gRPC server."),
    METERING("Run one metering worker, which writes the event log into the usage ledger."),
    RECONCILE("Prove the books: compare the event log, the rows, the counters and the leases."),
    MIGRATE("Bring the database's schema up to date."),
    MIGRATIONS("Look at the database's schema or extend it: status, validate, create NAME."),
    DEAD_EVENTS("Look at records that could be no row of the ledger, or publish them anew: list, show, replay."),
    BENCH("Measure WasmWiz on this machine, or parts of it: sandbox, metering, export, batch.");

    private final String description;

    ScriptCommand(String description) {
        this.description = description;
    }

    /** The subcommand's name. */
    String commandName() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    /** What picocli needs to know. Any arguments are taken, since their owner is another program. */
    CommandSpec spec() {
        Callable<Integer> program = () -> {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "`" + commandName() + "` is not part of the client: use deploy/wasmwiz " + commandName());
        };
        CommandSpec spec = CommandSpec.wrapWithoutInspection(program).name(commandName());
        spec.usageMessage().description(description);
        spec.usageMessage().footer("", "deploy/wasmwiz " + commandName() + " --help lists every flag.");
        spec.parser().unmatchedArgumentsAllowed(true);
        flags().forEach(spec::addOption);
        return spec;
    }

    private List<OptionSpec> flags() {
        List<OptionSpec> flags = new ArrayList<>();
        if (this == LOCAL) {
            flags.add(OptionSpec.builder("--once")
                    .description("Upload a sample, run it, compare its receipt with the ledger, stop everything.")
                    .build());
            flags.add(OptionSpec.builder("--data-dir")
                    .paramLabel("D")
                    .type(Path.class)
                    .description("Default: .wasmwiz/local in the repository.")
                    .build());
        }
        return flags;
    }
}

package io.wasmwiz.metering.deadevents;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line over dead events. Exit codes: 0; 1 an event is not there or has nothing to publish; 69 no answer. */
@Command(
        name = "dead-events",
        mixinStandardHelpOptions = true,
        description =
                "Records of the event log that could be no row of the ledger. Every flag has an environment default:"
                        + " --database-url reads DATABASE_URL, the others WASMWIZ_ and their name.",
        subcommands = {ListCommand.class, ShowCommand.class, ReplayCommand.class})
public final class DeadEventsCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                Objects.requireNonNull(spec).commandLine(), "one of the commands list, show, replay is expected");
    }
}

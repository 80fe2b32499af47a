package io.wasmwiz.local.cluster;

import io.wasmwiz.embedded.EmbeddedServerException;
import io.wasmwiz.service.ServiceCommand;
import io.wasmwiz.service.config.DurationConverter;
import io.wasmwiz.service.config.Problems;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code wasmwiz local roll}. */
@Command(
        name = "roll",
        mixinStandardHelpOptions = true,
        description = {
            "Restarts the executors and workers of a running cluster one after the other, or the processes named: each"
                    + " is told to stop, ends what it has in hand, and the next follows once its successor serves.",
            "Clients with the shipped service config (see deploy/local/README.md) see no failed call."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:all were restarted", "69:no cluster runs, or a process did not come back"})
public final class RollCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private DataDirectoryOption data = new DataDirectoryOption();

    @Parameters(
            arity = "0..*",
            paramLabel = "PROCESS",
            description = "As wasmwiz local status names them. Default: every executor, then every worker.")
    private List<String> names = List.of();

    @Option(
            names = "--limit",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "2m",
            description = "Longest restart of one, 1s to 1h. Default: ${DEFAULT-VALUE}.")
    private Duration limit = Duration.ZERO;

    @Override
    public Integer call() throws InterruptedException {
        Problems problems = new Problems();
        problems.requireRange("--limit in ms", limit.toMillis(), 1_000, 3_600_000);
        problems.check();
        try {
            ClusterFile cluster = ClusterFile.read(data.directory());
            names.forEach(cluster::require);
            Restarts restarts =
                    new Restarts(data.directory(), limit, spec.commandLine().getOut());
            for (String name : names.isEmpty() ? servicesOf(cluster) : names) {
                restarts.restart(name);
            }
            return 0;
        } catch (EmbeddedServerException e) {
            spec.commandLine().getErr().println("wasmwiz local roll: " + e.getMessage());
            return ServiceCommand.EX_UNAVAILABLE;
        }
    }

    private static List<String> servicesOf(ClusterFile cluster) {
        return Stream.of(Role.EXECUTOR, Role.METERING)
                .flatMap(role -> cluster.members().stream()
                        .filter(entry -> entry.role() == role)
                        .map(ClusterFile.Entry::name))
                .toList();
    }
}

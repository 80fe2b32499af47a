package io.wasmwiz.local.chaos;

import io.wasmwiz.embedded.EmbeddedServerException;
import io.wasmwiz.embedded.FileTrees;
import io.wasmwiz.local.cluster.Cluster;
import io.wasmwiz.local.cluster.ClusterConfig;
import io.wasmwiz.local.cluster.ClusterOptions;
import io.wasmwiz.local.cluster.ClusterPorts;
import io.wasmwiz.local.cluster.ClusterSize;
import io.wasmwiz.local.cluster.Member;
import io.wasmwiz.local.cluster.Role;
import io.wasmwiz.local.parts.Progress;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.ServiceCommand;
import io.wasmwiz.service.config.DurationConverter;
import io.wasmwiz.service.config.Problems;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wasmwiz chaos}. */
@Command(
        name = "chaos",
        mixinStandardHelpOptions = true,
        description = {
            "Starts a cluster of its own on free ports, uses it from several accounts while a schedule kills, stops and"
                    + " restarts its processes, then waits for the backlog and proves the books.",
            "The same seed, duration, scenario and size give the same schedule."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the verdict is clean", "1:it is not", "69:the cluster did not start", "78:a flag is wrong"})
final class ChaosCommand implements Callable<Integer> {
    private static final int LARGEST_RATE = 100_000;

    private final PrintStream out;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--seed",
            paramLabel = "N",
            required = true,
            description = "Chooses the schedule; any 64-bit number.")
    private long seed;

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "60s",
            description = "Of the faults, 10s to 24h. Default: ${DEFAULT-VALUE}.")
    private Duration duration = Duration.ZERO;

    @Option(
            names = "--scenario",
            paramLabel = "S",
            defaultValue = "ALL",
            description = "What goes wrong: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Scenario scenario = Scenario.ALL;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "100",
            description = "Calls per second of each of the two large accounts, 1 to 100000. Default: ${DEFAULT-VALUE}.")
    private int rate;

    @Option(
            names = "--small-limit",
            paramLabel = "N",
            defaultValue = "500",
            description = "Day's allowance of the small account, 1 to 10000. Default: ${DEFAULT-VALUE}.")
    private int smallLimit;

    @Option(names = "--schedule-only", description = "Print the schedule and start nothing.")
    private boolean scheduleOnly;

    @Option(names = "--keep", description = "Keep data and logs; they are kept anyway when the verdict is not clean.")
    private boolean keep;

    @Mixin
    private ClusterOptions options = new ClusterOptions();

    ChaosCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws Exception {
        Problems problems = new Problems();
        problems.requireRange("--duration in s", duration.toSeconds(), 10, 86_400);
        problems.requireRange("--rate", rate, 1, LARGEST_RATE);
        problems.requireRange("--small-limit", smallLimit, 1, 10_000);
        problems.check();
        ClusterSize size = options.size();
        List<Fault> schedule = Schedule.of(seed, duration, scenario, size);
        Progress progress = new Progress(out);
        progress.line("seed " + seed + ", " + duration.toSeconds() + " s, scenario " + scenario + ": " + schedule.size()
                + " faults");
        schedule.forEach(fault -> progress.line("  " + fault));
        if (scheduleOnly) {
            return 0;
        }
        Path data = Files.createTempDirectory("wasmwiz-chaos-");
        try {
            Verdict verdict = run(data, size, schedule, progress);
            verdict.lines().forEach(progress::line);
            progress.line(verdict.isClean() ? "clean" : "NOT CLEAN; data and logs are in " + data);
            if (verdict.isClean() && !keep) {
                FileTrees.delete(data);
            }
            return verdict.isClean() ? 0 : 1;
        } catch (EmbeddedServerException e) {
            spec.commandLine().getErr().println("wasmwiz chaos: " + e.getMessage());
            return ServiceCommand.EX_UNAVAILABLE;
        }
    }

    private Verdict run(Path data, ClusterSize size, List<Fault> schedule, Progress progress) throws Exception {
        try (Closer closer = new Closer()) {
            Cluster cluster = closer.add(
                    Cluster.start(new ClusterConfig(data, size, ClusterPorts.free(), ChaosFlags.ALL), progress));
            byte[] module = Files.readAllBytes(
                    Path.of(System.getProperty("wasmwiz.home", ".")).resolve("deploy/samples/upper.wasm"));
            List<String> executors =
                    cluster.members(Role.EXECUTOR).stream().map(Member::address).toList();
            Tenant plain = Tenant.create(cluster.database().owner(), "chaos-plain", 100_000_000, rate, false);
            Tenant named = Tenant.create(cluster.database().owner(), "chaos-named", 100_000_000, rate, true);
            Tenant small = Tenant.create(cluster.database().owner(), "chaos-small", smallLimit, 20, false);
            TenantLoad smallLoad = closer.add(TenantLoad.open(small, executors, module));
            List<TenantLoad> loads = List.of(
                    closer.add(TenantLoad.open(plain, executors, module)),
                    closer.add(TenantLoad.open(named, executors, module)),
                    smallLoad);
            return new ChaosRun(cluster, size, schedule, progress).run(loads, smallLoad);
        }
    }
}

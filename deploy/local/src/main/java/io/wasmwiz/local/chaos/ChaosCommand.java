package io.wasmwiz.local.chaos;

import io.wasmwiz.embedded.EmbeddedServerException;
import io.wasmwiz.embedded.FileTrees;
import io.wasmwiz.local.cluster.Cluster;
import io.wasmwiz.local.cluster.ClusterConfig;
import io.wasmwiz.local.cluster.ClusterOptions;
import io.wasmwiz.local.cluster.ClusterPorts;
import io.wasmwiz.local.cluster.ClusterSize;
import io.wasmwiz.local.cluster.JvmUse;
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
                    + " restarts its processes, cuts, delays and silences links and fills queues, then waits for the"
                    + " backlog and proves the books.",
            "The same seed, duration, longest gap, scenario and size give the same schedule."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the verdict is clean", "1:it is not", "69:the cluster did not start", "78:a flag is wrong"})
final class ChaosCommand implements Callable<Integer> {
    private static final int LARGEST_RATE = 100_000;

    /** Of one run, each of which is remembered until the verdict. */
    private static final long CALLS_AT_MOST = 20_000_000;

    private static final int SMALL_RATE = 20;
    private static final int UNLIMITED = 100_000_000;

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
            names = "--runs",
            paramLabel = "N",
            defaultValue = "1",
            description = "Runs one after the other on the same cluster, with this seed and those after it, 1 to 1000."
                    + " Default: ${DEFAULT-VALUE}.")
    private int runs;

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
            names = "--longest-gap",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "4500ms",
            description = "From one fault to the next at most, 1s to 1h; it is random between half a second and this."
                    + " Default: ${DEFAULT-VALUE}.")
    private Duration longestGap = Duration.ZERO;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "100",
            description = "Calls per second of each of the two large accounts, 1 to 100000. Default: ${DEFAULT-VALUE}.")
    private int rate;

    @Option(
            names = "--batch-rate",
            paramLabel = "N",
            defaultValue = "50",
            description = "Items per second of each account that sends batches, one for each executor, 1 to 100000."
                    + " Default: ${DEFAULT-VALUE}.")
    private int batchRate;

    @Option(
            names = "--small-limit",
            paramLabel = "N",
            defaultValue = "200",
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
        ClusterSize size = options.size();
        Problems problems = new Problems();
        problems.requireRange("--duration in s", duration.toSeconds(), 10, 86_400);
        problems.requireRange("--longest-gap in ms", longestGap.toMillis(), 1_000, 3_600_000);
        problems.requireRange("--runs", runs, 1, 1_000);
        problems.requireRange("--rate", rate, 1, LARGEST_RATE);
        problems.requireRange("--batch-rate", batchRate, 1, LARGEST_RATE);
        problems.requireRange("--small-limit", smallLimit, 1, 10_000);
        problems.requireRange(
                "calls and items in all (--rate of two accounts and --batch-rate of each executor for --duration)",
                (2L * rate + (long) size.executors() * batchRate) * duration.toSeconds(),
                1,
                CALLS_AT_MOST);
        problems.check();
        Progress progress = new Progress(out);
        if (scheduleOnly) {
            for (long each = seed; each < seed + runs; each++) {
                schedule(each, size, progress);
            }
            return 0;
        }
        Path data = Files.createTempDirectory("wasmwiz-chaos-");
        try {
            boolean clean = run(data, size, progress);
            progress.line(clean ? "clean" : "NOT CLEAN; data and logs are in " + data);
            if (clean && !keep) {
                FileTrees.delete(data);
            }
            return clean ? 0 : 1;
        } catch (EmbeddedServerException e) {
            spec.commandLine().getErr().println("wasmwiz chaos: " + e.getMessage());
            return ServiceCommand.EX_UNAVAILABLE;
        }
    }

    private List<Fault> schedule(long each, ClusterSize size, Progress progress) {
        List<Fault> schedule = Schedule.of(each, duration, longestGap, scenario, size);
        progress.line("seed " + each + ", " + duration.toSeconds() + " s, scenario " + scenario + ": " + schedule.size()
                + " faults");
        schedule.forEach(fault -> progress.line("  " + fault));
        return schedule;
    }

    /** Whether every verdict is clean; the first that is not is the last. */
    private boolean run(Path data, ClusterSize size, Progress progress) throws Exception {
        byte[] module = Files.readAllBytes(
                Path.of(System.getProperty("wasmwiz.home", ".")).resolve("deploy/samples/upper.wasm"));
        try (Closer closer = new Closer()) {
            Cluster cluster = closer.add(Cluster.start(
                    new ClusterConfig(data, size, ClusterPorts.free(), true, JvmUse.WATCHED_FOR_GROWTH, ChaosFlags.ALL),
                    progress));
            boolean clean = true;
            for (long each = seed; each < seed + runs && clean; each++) {
                List<Fault> schedule = schedule(each, size, progress);
                try (Closer channels = new Closer()) {
                    Tenants tenants = new Tenants(cluster, module, channels);
                    Loads loads = new Loads(
                            tenants.load("plain-" + each, UNLIMITED, rate, false),
                            tenants.load("named-" + each, UNLIMITED, rate, true),
                            tenants.load("small-" + each, smallLimit, SMALL_RATE, false),
                            tenants.load("flood-" + each, UNLIMITED, 1, false),
                            tenants.batches("batch-" + each, UNLIMITED, batchRate));
                    Verdict verdict = new ChaosRun(cluster, size, schedule, duration, progress).run(loads);
                    verdict.lines().forEach(progress::line);
                    progress.line("seed " + each + " is " + (verdict.isClean() ? "clean" : "NOT CLEAN"));
                    clean = verdict.isClean();
                }
            }
            return clean;
        }
    }
}

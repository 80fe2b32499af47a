package io.wasmwiz.local;

import io.wasmwiz.embedded.EmbeddedServerException;
import io.wasmwiz.embedded.FileTrees;
import io.wasmwiz.local.cluster.ClusterConfig;
import io.wasmwiz.local.cluster.ClusterOptions;
import io.wasmwiz.local.cluster.ClusterPorts;
import io.wasmwiz.local.cluster.ClusterSession;
import io.wasmwiz.local.cluster.JvmUse;
import io.wasmwiz.local.cluster.RollCommand;
import io.wasmwiz.local.cluster.StatusCommand;
import io.wasmwiz.local.parts.Progress;
import io.wasmwiz.local.parts.StackFile;
import io.wasmwiz.service.BuildInfo;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.ServiceCommand;
import io.wasmwiz.service.config.Problems;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wasmwiz local}: starts the stack and waits, or runs the main job once and stops. */
@Command(
        name = "local",
        mixinStandardHelpOptions = true,
        versionProvider = LocalCommand.Version.class,
        subcommands = {StatusCommand.class, RollCommand.class},
        description = {
            "Runs the whole of WasmWiz on this machine: PostgreSQL, Kafka, executor and metering, fast and in one JVM.",
            "With --brokers, --executors or --metering as a cluster, each component a process of its own."
        },
        footer = {
            "",
            "Data stays in the data directory; delete it to begin anew. Ctrl-C stops everything.",
            "Logs go to standard error: WASMWIZ_LOG_LEVEL (default WARN here), WASMWIZ_LOG_FORMAT (text or json)."
        })
final class LocalCommand implements Callable<Integer> {
    private final PrintStream out;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--data-dir",
            paramLabel = "D",
            description = "Default: .wasmwiz/local in the repository, .wasmwiz/cluster for a cluster.")
    private @Nullable Path dataDirectory;

    @Option(
            names = "--once",
            description = {
                "Upload a sample, run it, compare its receipt with the metered row, stop everything, exit.",
                "Without --data-dir in a temporary directory, and on free ports unless ports are given."
            })
    private boolean once;

    @Option(names = "--grpc-port", paramLabel = "P", description = "Default: 8081.")
    private @Nullable Integer grpcPort;

    @Option(names = "--executor-admin-port", paramLabel = "P", description = "Default: 8082.")
    private @Nullable Integer executorAdminPort;

    @Option(names = "--metering-admin-port", paramLabel = "P", description = "Default: 8083.")
    private @Nullable Integer meteringAdminPort;

    @Option(names = "--postgres-port", paramLabel = "P", description = "Default: 7432.")
    private @Nullable Integer postgresPort;

    @Option(names = "--kafka-port", paramLabel = "P", description = "Default: 7092.")
    private @Nullable Integer kafkaPort;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Option(
            names = "--port-offset",
            paramLabel = "N",
            description = "Cluster only: added to each of its ports, 0 to 50000, so that two can run. Default: 0.")
    private @Nullable Integer portOffset;

    LocalCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws Exception {
        Path home = Path.of(System.getProperty("wasmwiz.home", "."))
                .toAbsolutePath()
                .normalize();
        requireOneKind();
        try {
            if (cluster.isGiven()) {
                return serveCluster(home);
            }
            return once ? runOnce(home) : serve(home);
        } catch (EmbeddedServerException | IOException e) {
            spec.commandLine().getErr().println("wasmwiz local: " + e.getMessage());
            return ServiceCommand.EX_UNAVAILABLE;
        }
    }

    private void requireOneKind() {
        Problems problems = new Problems();
        boolean singlePorts = Stream.of(grpcPort, executorAdminPort, meteringAdminPort, postgresPort, kafkaPort)
                .anyMatch(Objects::nonNull);
        problems.require(
                !cluster.isGiven() || !singlePorts,
                "a cluster has a port for each process: --port-offset moves them all, --grpc-port and the like none");
        problems.require(!cluster.isGiven() || !once, "--once is for the stack in one JVM, not for a cluster");
        problems.require(
                cluster.isGiven() || portOffset == null,
                "--port-offset is for clusters: give --brokers, --executors or --metering, or --grpc-port and the"
                        + " like");
        problems.check();
    }

    private int serveCluster(Path home) throws Exception {
        Path data = dataDirectory == null ? ClusterSession.standardDirectory() : dataDirectory.toAbsolutePath();
        ClusterConfig config = new ClusterConfig(
                data,
                cluster.size(),
                ClusterPorts.standard(portOffset == null ? 0 : portOffset),
                false,
                JvmUse.STARTED_OFTEN,
                Map.of());
        Progress progress = new Progress(out);
        progress.line("WasmWiz " + BuildInfo.version() + ", data and logs in " + data);
        ClusterSession.run(home, config, progress);
        return 0;
    }

    private int serve(Path home) throws Exception {
        Path data = dataDirectory == null ? home.resolve(".wasmwiz/local") : dataDirectory.toAbsolutePath();
        LocalConfig config = new LocalConfig(home, data, ports(LocalConfig.Ports.STANDARD));
        CountDownLatch stopped = new CountDownLatch(1);
        Progress progress = new Progress(out);
        progress.line("WasmWiz " + BuildInfo.version() + ", data in " + data);
        long start = System.nanoTime();
        LocalStack stack = LocalStack.start(config, progress);
        StackFile file = StackFile.write(home, stack.description());
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            progress.line("stopping");
                            file.close();
                            stack.close();
                            stopped.countDown();
                        },
                        "stop"));
        progress.say("ready", "%.1f s".formatted(seconds(start)));
        Welcome.print(progress, stack);
        stopped.await();
        return 0;
    }

    private int runOnce(Path home) throws Exception {
        Path data = dataDirectory == null ? Files.createTempDirectory("wasmwiz-once-") : dataDirectory.toAbsolutePath();
        Closer closer = new Closer();
        if (dataDirectory == null) {
            closer.add(() -> FileTrees.delete(data));
        }
        // Ctrl-C must leave nothing behind either; after a normal end there is nothing left to close.
        Runtime.getRuntime().addShutdownHook(new Thread(closer::close, "stop"));
        Progress progress = new Progress(out);
        long start = System.nanoTime();
        LocalStack stack =
                closer.add(LocalStack.start(new LocalConfig(home, data, ports(LocalConfig.Ports.FREE)), progress));
        progress.say("ready", "%.1f s".formatted(seconds(start)));
        boolean agreed = new FirstRun(stack, progress).run(home.resolve("deploy/samples/upper.wasm"));
        start = System.nanoTime();
        closer.close();
        progress.say("stopped", "%.1f s".formatted(seconds(start)));
        return agreed ? 0 : 1;
    }

    private LocalConfig.Ports ports(LocalConfig.Ports defaults) {
        return new LocalConfig.Ports(
                grpcPort == null ? defaults.grpc() : grpcPort,
                executorAdminPort == null ? defaults.executorAdmin() : executorAdminPort,
                meteringAdminPort == null ? defaults.meteringAdmin() : meteringAdminPort,
                postgresPort == null ? defaults.postgres() : postgresPort,
                kafkaPort == null ? defaults.kafka() : kafkaPort);
    }

    private static double seconds(long startNanos) {
        return Duration.ofNanos(System.nanoTime() - startNanos).toMillis() / 1000.0;
    }

    /** The build's version. */
    static final class Version implements picocli.CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"WasmWiz " + BuildInfo.version()};
        }
    }
}

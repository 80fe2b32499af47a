package io.wasmwiz.local.cluster;

import io.wasmwiz.local.parts.LocalAccount;
import io.wasmwiz.local.parts.Progress;
import io.wasmwiz.local.parts.StackFile;
import io.wasmwiz.migrations.ServiceRole;
import io.wasmwiz.service.Closer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** {@code wasmwiz local} with a cluster: starts it, watches it, and waits until it is told to stop. */
public final class ClusterSession {
    private ClusterSession() {}

    /** The data directory when none is given. */
    public static Path standardDirectory() {
        return DataDirectoryOption.standard();
    }

    /** Runs until Ctrl-C or SIGTERM. */
    public static void run(Path home, ClusterConfig config, Progress progress) throws Exception {
        long start = System.nanoTime();
        CountDownLatch stopped = new CountDownLatch(1);
        Closer closer = new Closer();
        try {
            Cluster cluster = closer.add(Cluster.start(config, progress));
            Described described = new Described(home, config.dataDirectory(), cluster);
            closer.add(described);
            described.write();
            closer.add(Supervisor.start(cluster.members(), member -> {
                progress.say("started again", member.name() + ", process " + member.pid());
                described.write();
            }));
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(
                            () -> {
                                progress.line("stopping");
                                closer.close();
                                stopped.countDown();
                            },
                            "stop"));
            progress.say("ready", "%.1f s".formatted((System.nanoTime() - start) / 1e9));
            welcome(cluster, progress);
        } catch (Exception | Error e) {
            throw closer.closeAfter(e);
        }
        stopped.await();
    }

    /** The two files that tell of the cluster while it runs. */
    private static final class Described implements AutoCloseable {
        private final Path home;
        private final Path dataDirectory;
        private final Cluster cluster;
        private @Nullable StackFile stack;

        Described(Path home, Path dataDirectory, Cluster cluster) {
            this.home = home;
            this.dataDirectory = dataDirectory;
            this.cluster = cluster;
        }

        synchronized void write() throws IOException {
            stack = StackFile.write(home, cluster.description());
            ClusterFile.of(cluster).write(dataDirectory);
        }

        @Override
        public synchronized void close() throws IOException {
            ClusterFile.delete(dataDirectory);
            if (stack != null) {
                stack.close();
            }
        }
    }

    private static void welcome(Cluster cluster, Progress progress) {
        progress.line("");
        progress.say("gRPC", cluster.description().grpc());
        progress.say("Kafka", cluster.bootstrapServers());
        progress.say("PostgreSQL (read only)", cluster.database().url(ServiceRole.READER));
        progress.say("PostgreSQL (admin bootstrap)", cluster.database().url(ServiceRole.ADMIN));
        for (LocalAccount account : cluster.accounts()) {
            progress.say("key of tier " + account.tier(), account.key());
        }
        progress.line("");
        progress.line("Try in another terminal:");
        progress.line("  deploy/wasmwiz local status");
        progress.line("  echo hello | deploy/wasmwiz run deploy/samples/upper.wasm");
        progress.line("  deploy/wasmwiz local roll");
        progress.line("Ctrl-C stops everything.");
    }
}

package io.wasmwiz.local.bench;

import io.wasmwiz.executor.bench.BenchGuests;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.local.cluster.Backlog;
import io.wasmwiz.local.cluster.Cluster;
import io.wasmwiz.local.cluster.ClusterConfig;
import io.wasmwiz.local.cluster.ClusterPorts;
import io.wasmwiz.local.cluster.ClusterSize;
import io.wasmwiz.local.cluster.JvmUse;
import io.wasmwiz.local.cluster.Member;
import io.wasmwiz.local.cluster.Role;
import io.wasmwiz.local.parts.LocalAccount;
import io.wasmwiz.local.parts.Progress;
import io.wasmwiz.local.parts.Secrets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * PostgreSQL, a broker, a worker and an executor, each a process of its own, with an account that may do a lot. What is
 * measured is as it is for customers, but for the limits: keys, quotas, durable events and metering are on. Its starter
 * closes it.
 */
final class BenchStack implements AutoCloseable {
    private static final int BROKER_HEAP_MIB = 512;
    private static final int METERING_HEAP_MIB = 256;
    private static final String TIER = "Bench";
    private static final String INSERT_TIER = """
            INSERT INTO subscription_tiers
                (name, executions_per_minute, executions_per_day, memory_mib, run_time_ms, max_concurrency)
            VALUES (:tier, 1000000000, 2000000000, 128, 10000, 2000)
            """;

    private final Cluster cluster;
    private final Path directory;
    private final LocalAccount account;

    private BenchStack(Cluster cluster, Path directory, LocalAccount account) {
        this.cluster = cluster;
        this.directory = directory;
        this.account = account;
    }

    /** Starts all of it in {@code directory}, which is empty. */
    static BenchStack start(Path directory, int executorHeapMib, Progress progress) throws Exception {
        int cores = Runtime.getRuntime().availableProcessors();
        Path data = directory.resolve("cluster");
        Cluster cluster = Cluster.start(
                new ClusterConfig(
                        data,
                        new ClusterSize(1, 1, 1, BROKER_HEAP_MIB, executorHeapMib, METERING_HEAP_MIB),
                        ClusterPorts.free(),
                        false,
                        JvmUse.LONG_LOAD,
                        Map.of(
                                Role.EXECUTOR,
                                List.of(
                                        "--max-calls=1024",
                                        "--admission-max-lease-size=10000",
                                        "--batch-in-flight=1024",
                                        "--batch-account-in-flight=2048",
                                        "--sandbox-queue=8000",
                                        "--sandbox-queue-per-account=4000",
                                        // So that all of them are known once each has run something.
                                        "--sandbox-max-processes=" + cores))),
                progress);
        try {
            RunRequest echo = BenchGuests.echo();
            Files.write(directory.resolve("echo.wasm"), echo.module().bytes());
            Files.write(directory.resolve("input"), echo.input());
            cluster.database()
                    .owner()
                    .useHandle(handle ->
                            handle.createUpdate(INSERT_TIER).bind("tier", TIER).execute());
            LocalAccount account =
                    cluster.database().ensureAccount(TIER, Secrets.open(data.resolve("secrets.properties")));
            return new BenchStack(cluster, directory, account);
        } catch (IOException | RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
    }

    Cluster cluster() {
        return cluster;
    }

    Backlog backlog() {
        return new Backlog(cluster);
    }

    /** {@code host:port} of the executor. */
    String server() {
        return executor().address();
    }

    Member executor() {
        return cluster.members(Role.EXECUTOR).get(0);
    }

    /** The API key of the account. */
    String key() {
        return account.key();
    }

    /** The guest that repeats its input, 100 bytes of which are in {@link #input}. */
    Path module() {
        return directory.resolve("echo.wasm");
    }

    Path input() {
        return directory.resolve("input");
    }

    /** Process ids by name; those that the executor started are {@code sandbox-N}. */
    Map<String, Long> processes() {
        Map<String, Long> processes = new LinkedHashMap<>();
        cluster.members().forEach(member -> processes.put(member.name(), member.pid()));
        List<ProcessHandle> sandboxes = executor().descendants();
        for (int i = 0; i < sandboxes.size(); i++) {
            processes.put("sandbox-" + i, sandboxes.get(i).pid());
        }
        return processes;
    }

    @Override
    public void close() {
        cluster.close();
    }
}

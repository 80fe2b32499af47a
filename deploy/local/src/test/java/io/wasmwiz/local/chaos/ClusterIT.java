package io.wasmwiz.local.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.local.cluster.Cluster;
import io.wasmwiz.local.cluster.ClusterConfig;
import io.wasmwiz.local.cluster.ClusterPorts;
import io.wasmwiz.local.cluster.ClusterSize;
import io.wasmwiz.local.cluster.JvmUse;
import io.wasmwiz.local.cluster.Member;
import io.wasmwiz.local.cluster.Role;
import io.wasmwiz.local.parts.Progress;
import io.wasmwiz.service.Closer;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of processes: first restarted in turn under load, then broken on a seed. One start serves both. */
@Tag("whole-machine")
class ClusterIT {
    private static final ClusterSize SIZE = new ClusterSize(1, 2, 2, 192, 256, 192);
    private static final long SEED = 4;
    private static final Duration FAULTS = Duration.ofSeconds(15);
    private static final Duration GAP = Duration.ofMillis(4_500);
    private static final Duration READY = Duration.ofSeconds(60);
    private static final int LARGE = 100_000_000;

    @Test
    void losesNoCallToARollAndNoUnitToFaults(@TempDir Path directory) throws Exception {
        Progress progress =
                new Progress(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        byte[] module = Files.readAllBytes(Path.of("../samples/upper.wasm"));
        try (Closer closer = new Closer()) {
            Cluster cluster = closer.add(Cluster.start(
                    new ClusterConfig(
                            directory, SIZE, ClusterPorts.free(), true, JvmUse.WATCHED_FOR_GROWTH, ChaosFlags.ALL),
                    progress));
            Tenants tenants = new Tenants(cluster, module, closer);

            TenantLoad plain = tenants.load("rolled-plain", LARGE, 10, false);
            TenantLoad named = tenants.load("rolled-named", LARGE, 10, true);
            plain.begin();
            named.begin();
            for (Member executor : cluster.members(Role.EXECUTOR)) {
                executor.stop();
                executor.start();
                Cluster.awaitReady(executor, READY);
            }
            plain.finish();
            named.finish();

            // Without an id, what a busy machine refuses before anything ran is the caller's to repeat.
            assertThat(plain.calls())
                    .isNotEmpty()
                    .filteredOn(call -> call.end() == Call.End.UNKNOWN)
                    .isEmpty();
            assertThat(named.calls())
                    .isNotEmpty()
                    .filteredOn(call -> call.end() != Call.End.CHARGED)
                    .isEmpty();

            Loads loads = new Loads(
                    tenants.load("plain", LARGE, 15, false),
                    tenants.load("named", LARGE, 15, true),
                    tenants.load("small", 100, 5, false),
                    tenants.load("flood", LARGE, 1, false),
                    tenants.batches("batch", LARGE, 50));
            List<Fault> schedule = Schedule.of(SEED, FAULTS, GAP, Scenario.ALL, SIZE);
            Verdict verdict = new ChaosRun(cluster, SIZE, schedule, FAULTS, progress).run(loads);

            assertThat(verdict.isClean()).as(String.join("\n", verdict.lines())).isTrue();
        }
    }
}

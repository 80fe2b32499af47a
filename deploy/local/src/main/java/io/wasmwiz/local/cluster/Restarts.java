package io.wasmwiz.local.cluster;

import io.wasmwiz.embedded.EmbeddedServerException;
import io.wasmwiz.embedded.ServerProcess;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;

/** Restarts processes of a cluster that another process runs: stops one in order, and its supervisor starts it again. */
final class Restarts {
    private static final long LOOK_MILLIS = 50;

    private final Path dataDirectory;
    private final Duration limit;
    private final PrintWriter out;

    /** @param limit from the signal until the new process serves */
    Restarts(Path dataDirectory, Duration limit, PrintWriter out) {
        this.dataDirectory = dataDirectory;
        this.limit = limit;
        this.out = out;
    }

    /** Restarts one and waits until it serves. */
    void restart(String name) throws InterruptedException {
        ClusterFile.Entry old = ClusterFile.read(dataDirectory).require(name);
        long start = System.nanoTime();
        // PostgreSQL waits for its clients on SIGTERM.
        ServerProcess.signal(old.pid(), old.role() == Role.POSTGRESQL ? "INT" : "TERM");
        while (true) {
            ClusterFile.Entry now = ClusterFile.read(dataDirectory).require(name);
            long elapsed = System.nanoTime() - start;
            if (now.pid() != old.pid() && now.health().isServing()) {
                out.printf("%-12s restarted in %.1f s, process %d%n", name, elapsed / 1e9, now.pid());
                out.flush();
                return;
            }
            if (elapsed > limit.toNanos()) {
                throw new EmbeddedServerException("%s does not serve %d s after it was told to stop (%s); see %s"
                        .formatted(name, limit.toSeconds(), now.health().text(), now.log()));
            }
            Thread.sleep(LOOK_MILLIS);
        }
    }
}

package io.wasmwiz.local.chaos;

import io.wasmwiz.local.cluster.Cluster;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every counter ten times a second and at every Java process's memory once a second, as long as it is open. While
 * PostgreSQL is away nothing can be seen and nothing can change. Its opener closes it.
 */
final class Watch implements AutoCloseable {
    private static final long LOOK_MILLIS = 100;
    private static final int LOOKS_PER_MEMORY = 10;
    private static final int FAULTS_KEPT = 20;

    private static final String OVERSHOT = """
            SELECT c.user_id || ' on ' || c.day || ': charged ' || c.charged || ', held ' || c.held || ', limit '
                   || t.executions_per_day
            FROM daily_tier_counters c JOIN subscription_tiers t ON t.name = c.tier
            WHERE c.charged > c.held OR c.held > t.executions_per_day
            """;

    private final Cluster cluster;
    private final Thread thread = new Thread(this::run, "watch");
    private final List<String> overshot = new ArrayList<>();
    private final MemorySamples memory = new MemorySamples();
    private @Nullable Handle connection;
    private long looks;

    private Watch(Cluster cluster) {
        this.cluster = cluster;
        thread.setDaemon(true);
    }

    static Watch open(Cluster cluster) {
        Watch watch = new Watch(cluster);
        watch.thread.start();
        return watch;
    }

    private void run() {
        try {
            for (long turn = 0; ; turn++) {
                lookAtCounters();
                if (turn % LOOKS_PER_MEMORY == 0) {
                    memory.look(cluster.members());
                }
                Thread.sleep(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void lookAtCounters() {
        try {
            Handle open = connection == null ? cluster.database().owner().open() : connection;
            connection = open;
            List<String> found = open.createQuery(OVERSHOT).mapTo(String.class).list();
            synchronized (this) {
                looks++;
                found.stream().limit(FAULTS_KEPT - (long) overshot.size()).forEach(overshot::add);
            }
        } catch (JdbiException e) {
            // PostgreSQL is down, paused or recovering, as the schedule has it; the next look will tell.
            disconnect();
        }
    }

    private void disconnect() {
        Handle open = connection;
        connection = null;
        try {
            if (open != null) {
                open.close();
            }
        } catch (JdbiException e) {
            // It is gone all the same.
            return;
        }
    }

    /** Counters that were charged above held, or held above their limit. */
    synchronized List<String> overshot() {
        return List.copyOf(overshot);
    }

    /** How often the counters were seen. */
    synchronized long looks() {
        return looks;
    }

    /** What processes took. */
    MemorySamples memory() {
        return memory;
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
        disconnect();
    }
}

package io.wasmwiz.service.health;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Probes dependencies in turn on a thread of its own and keeps the newest result, so that asking costs nothing.
 * Everything is down until it was probed once. Thread-safe; its opener closes it.
 */
public final class HealthMonitor implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HealthMonitor.class);
    private static final Duration INTERVAL = Duration.ofMillis(500);

    /**
     * What the last probes found.
     *
     * @param faults dependency to message, for those that do not serve, in the order of the checks
     */
    public record Snapshot(Map<String, String> faults) {
        /** Whether all of these serve. */
        public boolean isUp(String... dependencies) {
            for (String dependency : dependencies) {
                if (faults.containsKey(dependency)) {
                    return false;
                }
            }
            return true;
        }

        /** Whether everything serves. */
        public boolean isUp() {
            return faults.isEmpty();
        }
    }

    private final List<HealthCheck> checks;
    private final List<Consumer<Snapshot>> listeners = new ArrayList<>();
    private final ScheduledExecutorService scheduler;
    private volatile Snapshot snapshot;

    private HealthMonitor(List<HealthCheck> checks) {
        this.checks = List.copyOf(checks);
        Map<String, String> faults = new LinkedHashMap<>();
        checks.forEach(check -> faults.put(check.name(), "not probed yet"));
        this.snapshot = new Snapshot(faults);
        this.scheduler = Executors.newSingleThreadScheduledExecutor(runnable -> {
            Thread thread = new Thread(runnable, "health");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Starts probing, the first round at once. Publishes the gauge {@code wasmwiz_dependency_up} per dependency. */
    public static HealthMonitor start(List<HealthCheck> checks, MeterRegistry metrics) {
        HealthMonitor monitor = new HealthMonitor(checks);
        for (HealthCheck check : checks) {
            Gauge.builder("wasmwiz.dependency.up", () -> monitor.snapshot().isUp(check.name()) ? 1 : 0)
                    .description("Whether a dependency answered its last probe")
                    .tag("dependency", check.name())
                    .register(metrics);
        }
        Future<?> unused =
                monitor.scheduler.scheduleWithFixedDelay(monitor::probe, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        return monitor;
    }

    /** The newest result. */
    public Snapshot snapshot() {
        return snapshot;
    }

    /** Calls {@code listener} now and after every change, on the probing thread then. */
    public void onChange(Consumer<Snapshot> listener) {
        // The lock keeps an older result from reaching a listener after a newer one.
        synchronized (listeners) {
            listeners.add(listener);
            listener.accept(snapshot);
        }
    }

    private void probe() {
        Map<String, String> faults = new LinkedHashMap<>();
        for (HealthCheck check : checks) {
            try {
                check.probe().call();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (Exception | Error e) {
                // An Error too: the next round must come, whatever this one met.
                faults.put(check.name(), String.valueOf(e.getMessage()));
            }
        }
        synchronized (listeners) {
            Snapshot before = snapshot;
            snapshot = new Snapshot(Map.copyOf(faults));
            if (!before.faults().keySet().equals(faults.keySet())) {
                log.atInfo().addKeyValue("down", faults).log("dependencies changed");
                listeners.forEach(listener -> listener.accept(snapshot));
            }
        }
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}

package io.wasmwiz.executor.execution;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Executions that were begun and have no outcome yet. Closing waits for them, so that what they still need (the event
 * log, their leases) may be closed after it. Thread-safe; its opener closes it.
 */
public final class InFlight implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(InFlight.class);

    private final Duration closeTimeout;
    private long executions;

    private InFlight(Duration closeTimeout) {
        this.closeTimeout = closeTimeout;
    }

    /**
     * Starts counting.
     *
     * @param closeTimeout longest wait of {@link #close}
     */
    public static InFlight open(Duration closeTimeout, MeterRegistry metrics) {
        InFlight inFlight = new InFlight(closeTimeout);
        Gauge.builder("wasmwiz.executions.in.flight", inFlight::count)
                .description("Executions without an outcome yet")
                .register(metrics);
        return inFlight;
    }

    synchronized void enter() {
        executions++;
    }

    synchronized void exit() {
        executions--;
        if (executions == 0) {
            notifyAll();
        }
    }

    /** Executions without an outcome. */
    public synchronized long count() {
        return executions;
    }

    /** Waits until there are none, until the time is up or until the thread is interrupted. */
    @Override
    public synchronized void close() {
        long deadline = System.nanoTime() + closeTimeout.toNanos();
        try {
            while (executions > 0 && deadline - System.nanoTime() > 0) {
                wait(1 + TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (executions > 0) {
            log.atWarn().addKeyValue("executions", executions).log("closing while executions are in flight");
        }
    }
}

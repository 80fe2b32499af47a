package io.wasmwiz.executor.admission;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.database.Causes;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the store answers. After two failures in a row requests pause for 500 ms, so that one at a time finds out whether
 * it is back. A single failure, such as a deadlock or a connection that was slow to open, is no reason to refuse the calls
 * of other accounts. Thread-safe.
 */
final class StoreHealth {
    private static final Logger log = LoggerFactory.getLogger(StoreHealth.class);
    private static final long PAUSE_NANOS = Duration.ofMillis(500).toNanos();

    private final LongSupplier nanoTime;
    private final Counter failures;
    private volatile boolean away;
    private volatile boolean pausing;
    private volatile long pausesUntilNanos;

    StoreHealth(LongSupplier nanoTime, MeterRegistry metrics) {
        this.nanoTime = nanoTime;
        this.failures = metrics.counter("wasmwiz.admission.grants", "result", "failed");
    }

    void answered() {
        pausing = false;
        if (away) {
            away = false;
            log.atInfo().log("quota store answers again");
        }
    }

    /** A request found it away. */
    void unavailable(Throwable cause) {
        failures.increment();
        if (away) {
            pausesUntilNanos = nanoTime.getAsLong() + PAUSE_NANOS;
            pausing = true;
        } else {
            away = true;
            log.atWarn().addKeyValue("cause", Causes.innermost(cause)).log("quota store does not answer");
        }
    }

    /** It answered with an error of its own. */
    void failed(Throwable cause) {
        failed();
        log.atError().setCause(cause).log("request to the quota store failed");
    }

    void failed() {
        failures.increment();
    }

    /** Whether calls should not ask it now. */
    boolean isPausing() {
        return pausing && nanoTime.getAsLong() - pausesUntilNanos < 0;
    }
}

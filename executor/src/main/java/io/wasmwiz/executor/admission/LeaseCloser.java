package io.wasmwiz.executor.admission;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.events.ExecutionEvents;
import io.wasmwiz.executor.events.ExecutionEvents.Publication;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes the end of leases, and counts those whose end is not in the log. Tries again with growing pauses while a
 * publication is refused or unresolved (only the first end that is read settles, so a second does no harm), for about
 * five minutes; what is left then is ended by metering after its use-by, like a lease of an executor that died.
 *
 * <p>Thread-safe; never blocks.
 */
final class LeaseCloser {
    private static final Logger log = LoggerFactory.getLogger(LeaseCloser.class);
    private static final int MAX_ATTEMPTS = 36;
    private static final long FIRST_PAUSE_MILLIS = 100;
    private static final long LONGEST_PAUSE_MILLIS = 10_000;

    private final ExecutionEvents events;
    private final ScheduledExecutorService scheduler;
    private final AtomicInteger unclosed = new AtomicInteger();
    private final Counter closed;
    private final Counter abandoned;

    /** {@code scheduler} is its opener's to close. */
    LeaseCloser(ExecutionEvents events, ScheduledExecutorService scheduler, MeterRegistry metrics) {
        this.events = events;
        this.scheduler = scheduler;
        this.closed = Counter.builder("wasmwiz.admission.leases.closed")
                .description("Leases whose end is in the log")
                .register(metrics);
        this.abandoned = Counter.builder("wasmwiz.admission.leases.abandoned")
                .description("Leases whose end could not be published and is left to metering")
                .register(metrics);
        Gauge.builder("wasmwiz.admission.leases.open", unclosed, AtomicInteger::get)
                .description("Leases whose end is not in the log")
                .register(metrics);
    }

    /** Counts a lease that was granted. */
    void opened() {
        unclosed.incrementAndGet();
    }

    /** Leases granted whose end is neither in the log nor left to metering. */
    int unclosed() {
        return unclosed.get();
    }

    /** Publishes the end of {@code lease}; to be called once. */
    void close(Lease lease) {
        attempt(lease, 1);
    }

    private void attempt(Lease lease, int attempt) {
        publish(lease).whenComplete((publication, failure) -> settle(lease, attempt, publication, failure));
    }

    private CompletionStage<Publication> publish(Lease lease) {
        try {
            return events.closeLease(lease.account.accountId, lease.id);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void settle(Lease lease, int attempt, @Nullable Publication publication, @Nullable Throwable failure) {
        if (publication == Publication.DURABLE) {
            closed.increment();
            unclosed.decrementAndGet();
        } else if (attempt >= MAX_ATTEMPTS) {
            abandon(lease, failure);
        } else {
            try {
                Future<?> unused = scheduler.schedule(
                        () -> attempt(lease, attempt + 1), pauseMillis(attempt), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                abandon(lease, failure);
            }
        }
    }

    private void abandon(Lease lease, @Nullable Throwable failure) {
        abandoned.increment();
        unclosed.decrementAndGet();
        log.atWarn()
                .addKeyValue("lease", lease.id)
                .addKeyValue("cause", String.valueOf(failure))
                .log("end of lease not published; metering will end it");
    }

    private static long pauseMillis(int attempt) {
        return Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(attempt - 1, 20));
    }
}

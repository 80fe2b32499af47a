package io.wasmwiz.executor.auth;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.database.Causes;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Polls the epoch row on a thread of its own. Each difference makes a new generation: what was read from the store in an
 * earlier one may be outdated. A poll also tells the store's time, by which keys expire: this machine's clock plays no
 * part. Thread-safe; its opener closes it.
 */
final class EpochWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EpochWatch.class);
    private static final double NANOS = 1e9;

    /** What the last successful poll found; its time is from before it was sent, so that it is never younger than said. */
    private record Poll(long number, long generation, Instant now, long sentNanos) {}

    private final Supplier<AuthEpoch> store;
    private final long staleNanos;
    private final Ticker ticker;
    private final Counter changes;
    private final Counter failures;
    private final ScheduledExecutorService scheduler;
    private volatile @Nullable Poll last;
    private volatile boolean answering = true;

    /**
     * Not yet polling.
     *
     * @param stale age of the last successful poll from which nothing known is good any more
     */
    EpochWatch(Supplier<AuthEpoch> store, Duration stale, Ticker ticker, MeterRegistry metrics) {
        this.store = store;
        this.staleNanos = stale.toNanos();
        this.ticker = ticker;
        this.changes = Counter.builder("wasmwiz.auth.epoch.changes")
                .description("Polls that found keys, accounts or tiers changed")
                .register(metrics);
        this.failures = Counter.builder("wasmwiz.auth.epoch.failures")
                .description("Polls that PostgreSQL did not answer")
                .register(metrics);
        this.scheduler = Executors.newSingleThreadScheduledExecutor(runnable -> {
            Thread thread = new Thread(runnable, "auth-epoch");
            thread.setDaemon(true);
            return thread;
        });
        Gauge.builder("wasmwiz.auth.epoch.age", this, EpochWatch::ageSeconds)
                .description("Time since keys were last known to be up to date; NaN before the first time")
                .baseUnit("seconds")
                .register(metrics);
    }

    /** Polls once now, and from then on {@code interval} after each poll. */
    void start(Duration interval) {
        poll();
        Future<?> unused = scheduler.scheduleWithFixedDelay(
                this::poll, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Polls once. By one thread at a time. */
    void poll() {
        long sentNanos = ticker.read();
        AuthEpoch epoch;
        try {
            epoch = store.get();
        } catch (RuntimeException | Error e) {
            if (scheduler.isShutdown()) {
                return;
            }
            // An Error too: the next poll must come, whatever this one met.
            failures.increment();
            if (answering) {
                answering = false;
                log.atWarn().addKeyValue("cause", Causes.innermost(e)).log("changes of keys cannot be seen");
            }
            return;
        }
        Poll before = last;
        long generation = before == null ? 1 : before.generation();
        if (before != null && before.number() != epoch.number()) {
            generation++;
            changes.increment();
        }
        last = new Poll(epoch.number(), generation, epoch.now(), sentNanos);
        if (!answering) {
            answering = true;
            log.atInfo().log("changes of keys are seen again");
        }
    }

    /** The generation of what is read from now on. */
    long generation() {
        Poll poll = last;
        return poll == null ? 0 : poll.generation();
    }

    /** Whether the last poll is young enough for what is known to be good. */
    boolean isFresh() {
        Poll poll = last;
        return poll != null && ticker.read() - poll.sentNanos() <= staleNanos;
    }

    /** Whether the last poll was answered. */
    boolean isAnswering() {
        return answering;
    }

    /** The store's time, early by at most one poll's round trip. Only after a successful poll. */
    Instant now() {
        Poll poll = last;
        if (poll == null) {
            throw new IllegalStateException("no poll was answered yet");
        }
        return poll.now().plusNanos(ticker.read() - poll.sentNanos());
    }

    private double ageSeconds() {
        Poll poll = last;
        return poll == null ? Double.NaN : (ticker.read() - poll.sentNanos()) / NANOS;
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}

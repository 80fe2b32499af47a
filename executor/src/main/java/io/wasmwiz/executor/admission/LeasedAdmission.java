package io.wasmwiz.executor.admission;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.admission.Admission.Admitted;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.events.ExecutionEvents;
import io.wasmwiz.executor.work.WorkPool;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Admits calls while this executor has room, the account has, its day has a unit (from a lease), its key has where it has
 * limits of its own, and its minute has one, asked in this order: what can be given back first. A refusal gives back what
 * was taken before it.
 *
 * <p>Leases of an executor that dies are ended by metering after their use-by; until then their unspent units are missing
 * from the account's day.
 *
 * <p>Thread-safe; {@link #admit} never blocks; one that had to wait for the store completes on a database thread, which must
 * not be blocked. Its opener closes it after the last call ended and before the events.
 */
public final class LeasedAdmission implements AdmissionControl, QuotaFigures, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LeasedAdmission.class);
    private static final long SWEEP_MILLIS = 200;
    private static final long DRAIN_POLL_MILLIS = 20;

    private final AdmissionConfig config;
    private final WorkPool databaseThreads;
    private final ScheduledThreadPoolExecutor upkeep;
    private final LeaseCloser closer;
    private final LocalQuotas quotas;
    private final AdmissionMetrics metrics;
    private final TimedIds ids;
    private final LongSupplier nanoTime;
    private final Duration deliveryTimeout;
    private final AccountConcurrency concurrency = new AccountConcurrency();
    private final AtomicInteger inFlight = new AtomicInteger();

    LeasedAdmission(
            AdmissionConfig config,
            QuotaStore store,
            TimedIds ids,
            ExecutionEvents events,
            Duration deliveryTimeout,
            Ticker ticker,
            MeterRegistry metrics) {
        this.config = config;
        this.databaseThreads =
                WorkPool.open("admission-database", config.databaseThreads(), config.databaseQueue(), metrics);
        this.upkeep = new ScheduledThreadPoolExecutor(1, runnable -> {
            Thread thread = new Thread(runnable, "lease-upkeep");
            thread.setDaemon(true);
            return thread;
        });
        this.closer = new LeaseCloser(events, upkeep, metrics);
        this.nanoTime = ticker::read;
        this.deliveryTimeout = deliveryTimeout;
        this.quotas = new LocalQuotas(
                config,
                store,
                databaseThreads,
                upkeep,
                closer,
                new MinuteLimits(config.maxMinuteLimiters(), ticker, metrics),
                nanoTime,
                metrics);
        this.metrics = new AdmissionMetrics(metrics);
        this.ids = ids;
        Gauge.builder("wasmwiz.admission.in.flight", inFlight, AtomicInteger::get)
                .description("Permits not released")
                .register(metrics);
        Future<?> unused =
                upkeep.scheduleWithFixedDelay(this::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * Opens over {@code jdbi} and {@code events}, which their own openers close afterwards.
     *
     * @param deliveryTimeout after which an event is unresolved; metering must wait as long before it ends a lease
     */
    public static LeasedAdmission open(
            AdmissionConfig config,
            Jdbi jdbi,
            ExecutionEvents events,
            Duration deliveryTimeout,
            MeterRegistry metrics) {
        TimedIds ids = new TimedIds();
        QuotaStore store = new PostgresQuotaStore(jdbi, ids, config);
        return new LeasedAdmission(config, store, ids, events, deliveryTimeout, Ticker.systemTicker(), metrics);
    }

    @Override
    public CompletionStage<Admission> admit(Caller caller) {
        if (inFlight.incrementAndGet() > config.maxInFlight()) {
            inFlight.decrementAndGet();
            return CompletableFuture.completedFuture(counted(Refusals.overloaded(config.maxInFlight())));
        }
        if (!concurrency.tryEnter(caller.accountId(), caller.tier().maxConcurrency())) {
            inFlight.decrementAndGet();
            return CompletableFuture.completedFuture(counted(new Admission.ConcurrencySpent(
                    caller.tier().name(), caller.tier().maxConcurrency(), Refusals.CONCURRENCY_RETRY)));
        }
        return quotas.take(caller).thenApply(taken -> counted(finish(caller, taken)));
    }

    private Admission finish(Caller caller, Taken taken) {
        if (taken instanceof Taken.Unit unit) {
            return new Admitted(new LeasedPermit(
                    this,
                    caller.accountId(),
                    unit,
                    ids.at(unit.admittedAt()),
                    caller.tier().runTime().plus(deliveryTimeout).toNanos()));
        }
        leave(caller.accountId());
        return ((Taken.Refused) taken).refusal();
    }

    /** For {@link LeasedPermit}, once per permit. */
    void release(UUID accountId, Taken.Unit unit, Permit.Use use) {
        quotas.release(unit, use == Permit.Use.RETURNED);
        leave(accountId);
    }

    /** The monotonic clock. */
    long nanoTime() {
        return nanoTime.getAsLong();
    }

    @Override
    public RateLimits rateLimits(Caller caller) {
        return quotas.peek(
                caller,
                account -> account.rateLimits(caller, nanoTime.getAsLong()),
                new RateLimits(
                        new RateLimits.Window(caller.tier().executionsPerMinute(), Optional.empty()),
                        new RateLimits.Window(caller.tier().executionsPerDay(), Optional.empty())));
    }

    @Override
    public Unspent unspent(Caller caller) {
        return quotas.peek(caller, account -> account.unspent(nanoTime.getAsLong()), Unspent.NOTHING);
    }

    private void leave(UUID accountId) {
        concurrency.leave(accountId);
        inFlight.decrementAndGet();
    }

    private Admission counted(Admission admission) {
        metrics.count(admission);
        return admission;
    }

    /** What the upkeep thread does every 200 ms. */
    void sweep() {
        try {
            quotas.sweep();
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("upkeep of leases failed");
        }
    }

    /**
     * Ends all leases: no call is admitted from now on, and each lease's end is published once its last permit is
     * released. Waits for that up to {@link AdmissionConfig#drainTimeout}; what is left then is ended by metering.
     */
    @Override
    public void close() {
        long deadline = System.nanoTime() + config.drainTimeout().toNanos();
        quotas.drain();
        databaseThreads.close();
        try {
            // Again and again: a call that looked its account up before the drain may have added a lease after it.
            for (quotas.drain(); closer.unclosed() > 0 && System.nanoTime() - deadline < 0; quotas.drain()) {
                Thread.sleep(DRAIN_POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (closer.unclosed() > 0) {
            log.atWarn().addKeyValue("leases", closer.unclosed()).log("leases left to metering");
        }
        upkeep.shutdownNow();
    }
}

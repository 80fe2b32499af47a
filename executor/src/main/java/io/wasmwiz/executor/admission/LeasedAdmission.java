package io.wasmwiz.executor.admission;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.admission.Admission.Admitted;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.events.ExecutionEvents;
import io.wasmwiz.executor.work.WorkPool;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Admits calls while this executor has room, the account has, its day has a unit (from a lease) and its minute has an
 * execution, asked in this order: what can be given back first. A refusal gives back what was taken before it.
 *
 * <p>A key with a lower limit a day than its tier's is refused once the account, with all its keys, has used that many:
 * keys have no counters of their own. A lower limit a minute counts the key's own executions, on this executor.
 *
 * <p>Leases of an executor that dies are ended by metering after their use-by; until then their unspent units are missing
 * from the account's day.
 *
 * <p>Thread-safe; {@link #admit} never blocks; one that had to wait for a lease completes on a database thread, which must
 * not be blocked. Its opener closes it after the last call ended and before the events.
 */
public final class LeasedAdmission implements AdmissionControl, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LeasedAdmission.class);
    private static final long SWEEP_MILLIS = 500;
    private static final long DRAIN_POLL_MILLIS = 20;

    private final AdmissionConfig config;
    private final WorkPool databaseThreads;
    private final ScheduledThreadPoolExecutor upkeep;
    private final LeaseCloser closer;
    private final DailyLeases days;
    private final MinuteLimits minutes;
    private final AdmissionMetrics metrics;
    private final TimedIds ids;
    private final AccountConcurrency concurrency = new AccountConcurrency();
    private final AtomicInteger inFlight = new AtomicInteger();

    LeasedAdmission(
            AdmissionConfig config,
            QuotaLeases store,
            TimedIds ids,
            ExecutionEvents events,
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
        this.days = new DailyLeases(config, store, databaseThreads, closer, ticker::read, metrics);
        this.minutes = new MinuteLimits(config.maxMinuteLimiters(), ticker, metrics);
        this.metrics = new AdmissionMetrics(metrics);
        this.ids = ids;
        Gauge.builder("wasmwiz.admission.in.flight", inFlight, AtomicInteger::get)
                .description("Permits not released")
                .register(metrics);
        Future<?> unused =
                upkeep.scheduleWithFixedDelay(this::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Opens over {@code jdbi} and {@code events}, which their own openers close afterwards. */
    public static LeasedAdmission open(
            AdmissionConfig config, Jdbi jdbi, ExecutionEvents events, MeterRegistry metrics) {
        TimedIds ids = new TimedIds();
        PostgresQuotaLeases store =
                new PostgresQuotaLeases(jdbi, ids, config.executorId(), config.leaseDuration(), config.maxLeaseSize());
        return new LeasedAdmission(config, store, ids, events, Ticker.systemTicker(), metrics);
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
        return days.take(caller.accountId(), caller.tier()).thenApply(taken -> counted(finish(caller, taken)));
    }

    private Admission finish(Caller caller, Taken taken) {
        if (taken instanceof Taken.Unit unit) {
            int accountLimit = unit.lease().allowance.executionsPerMinute();
            if (minutes.tryAcquire(caller, accountLimit, unit.admittedAt())) {
                return new Admitted(new LeasedPermit(this, caller.accountId(), unit, ids.at(unit.admittedAt())));
            }
            days.release(unit.lease(), true);
            leave(caller.accountId());
            return new Admission.MinuteQuotaSpent(
                    caller.tier().name(),
                    Math.min(accountLimit, caller.tier().executionsPerMinute()),
                    MinuteLimits.untilNextMinute(unit.admittedAt()));
        }
        leave(caller.accountId());
        return ((Taken.Refused) taken).refusal();
    }

    /** For {@link LeasedPermit}, once per permit. */
    void release(UUID accountId, Lease lease, Permit.Use use) {
        days.release(lease, use == Permit.Use.RETURNED);
        leave(accountId);
    }

    private void leave(UUID accountId) {
        concurrency.leave(accountId);
        inFlight.decrementAndGet();
    }

    private Admission counted(Admission admission) {
        metrics.count(admission);
        return admission;
    }

    /** What the upkeep thread does every 500 ms. */
    void sweep() {
        try {
            days.sweep();
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
        days.drain();
        databaseThreads.close();
        try {
            // Again and again: a call that looked its account up before the drain may have added a lease after it.
            for (days.drain(); closer.unclosed() > 0 && System.nanoTime() - deadline < 0; days.drain()) {
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

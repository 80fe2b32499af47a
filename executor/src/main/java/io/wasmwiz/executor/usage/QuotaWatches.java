package io.wasmwiz.executor.usage;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.admission.QuotaFigures;
import io.wasmwiz.executor.auth.Authentication;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.CallerCheck;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.executor.work.WorkPool;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The watches of quotas of this server, a bounded number. Each asks the database by itself, once an interval at most, and
 * authenticates its caller again before. Thread-safe; never blocks.
 */
public final class QuotaWatches {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final UsageQueries usage;
    private final QuotaFigures quotas;
    private final WorkPool database;
    private final CallerCheck callers;
    private final ScheduledExecutorService timers;
    private final int maxWatches;
    private final Set<QuotaWatch> watches = ConcurrentHashMap.newKeySet();
    private volatile boolean draining;

    /** Over a pool and timers that it does not own. */
    public QuotaWatches(
            UsageQueries usage,
            QuotaFigures quotas,
            WorkPool database,
            CallerCheck callers,
            ScheduledExecutorService timers,
            int maxWatches,
            MeterRegistry metrics) {
        this.usage = usage;
        this.quotas = quotas;
        this.database = database;
        this.callers = callers;
        this.timers = timers;
        this.maxWatches = maxWatches;
        Gauge.builder("wasmwiz.quota.watches", watches, Set::size)
                .description("Watches of quotas that a client is connected to")
                .register(metrics);
    }

    /** Begins one; throws {@link RefusedException} where as many run as may. {@link QuotaWatch#start} makes it look. */
    public synchronized QuotaWatch begin(Caller caller, Duration interval, QuotaWatch.Sink sink) {
        if (draining) {
            throw new RefusedException(new Refusal.Draining(RETRY_AFTER));
        }
        if (watches.size() >= maxWatches) {
            throw new RefusedException(new Refusal.ServerBusy("quota watches", RETRY_AFTER));
        }
        QuotaWatch watch = new QuotaWatch(this, caller, interval, sink);
        watches.add(watch);
        return watch;
    }

    CompletionStage<QuotaWatch.Figures> look(Caller then) {
        return callers.recheck(then).thenCompose(answer -> {
            if (answer instanceof Authentication.Granted granted) {
                Caller caller = granted.caller();
                return database.submit(() -> new QuotaWatch.Figures(
                        caller.tier(),
                        usage.counts(caller.accountId(), caller.tier().name(), caller.apiKeyId()),
                        quotas.unspent(caller)));
            }
            return CompletableFuture.failedFuture(new RefusedException(
                    answer instanceof Authentication.Denied denied
                            ? new Refusal.NotAuthenticated(denied.reason())
                            : new Refusal.AuthenticationUnavailable(RETRY_AFTER)));
        });
    }

    void later(Runnable look, Duration interval) {
        try {
            var unused = timers.schedule(look, interval.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // The server closes, which ended the watch.
        }
    }

    void ended(QuotaWatch watch) {
        watches.remove(watch);
    }

    /** Ends every watch, so that its client goes elsewhere, and begins none any more. */
    public void drain() {
        synchronized (this) {
            draining = true;
        }
        watches.forEach(watch -> watch.fail(new RefusedException(new Refusal.Draining(RETRY_AFTER))));
    }
}

package io.wasmwiz.executor.admission;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.admission.AccountLeases.Outcome;
import io.wasmwiz.executor.admission.AccountLeases.Result;
import io.wasmwiz.executor.admission.QuotaLeases.LeaseRequest;
import io.wasmwiz.executor.admission.QuotaLeases.StoreUnavailableException;
import io.wasmwiz.executor.auth.Tier;
import io.wasmwiz.executor.database.Causes;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Units of the daily allowances, from leases that this executor holds: a local decrement while there is one, a request to
 * the store, one at a time per account, when there is none.
 *
 * <p>While the store is away, leases go on to serve until their use-by, and other calls are told so at once; one request in
 * 500 ms finds out whether it is back.
 *
 * <p>Thread-safe; {@link #take} and {@link #release} never block. A take that had to wait completes on a database thread.
 */
final class DailyLeases {
    private static final Logger log = LoggerFactory.getLogger(DailyLeases.class);
    private static final long AWAY_PAUSE_NANOS = Duration.ofMillis(500).toNanos();

    private record Key(UUID accountId, String tier) {}

    private final AdmissionConfig config;
    private final QuotaLeases store;
    private final Executor databaseThreads;
    private final LeaseCloser closer;
    private final LongSupplier nanoTime;
    private final ConcurrentHashMap<Key, AccountLeases> accounts = new ConcurrentHashMap<>();
    private final Counter granted;
    private final Counter spent;
    private final Counter failed;
    private volatile long awayUntilNanos;
    private volatile boolean draining;

    DailyLeases(
            AdmissionConfig config,
            QuotaLeases store,
            Executor databaseThreads,
            LeaseCloser closer,
            LongSupplier nanoTime,
            MeterRegistry metrics) {
        this.config = config;
        this.store = store;
        this.databaseThreads = databaseThreads;
        this.closer = closer;
        this.nanoTime = nanoTime;
        this.granted = metrics.counter("wasmwiz.admission.grants", "result", "granted");
        this.spent = metrics.counter("wasmwiz.admission.grants", "result", "spent");
        this.failed = metrics.counter("wasmwiz.admission.grants", "result", "failed");
        this.awayUntilNanos = nanoTime.getAsLong();
    }

    /** Takes one unit of the account's day; at once unless a grant has to be requested. */
    CompletionStage<Taken> take(UUID accountId, Tier tier) {
        Key key = new Key(accountId, tier.name());
        while (true) {
            AccountLeases account = accounts.get(key);
            if (account == null) {
                if (draining) {
                    return refused(Refusals.unavailable());
                }
                if (accounts.size() >= config.maxLeases()) {
                    return refused(Refusals.overloaded(config.maxLeases()));
                }
                account = accounts.computeIfAbsent(
                        key, k -> new AccountLeases(k.accountId(), k.tier(), config, closer::close));
            }
            Result result = account.take(tier, nanoTime.getAsLong());
            if (result instanceof Result.Answered answered) {
                return CompletableFuture.completedFuture(answered.taken());
            }
            if (result instanceof Result.Waiting waiting) {
                if (waiting.mustRequest()) {
                    request(account);
                }
                return waiting.answer();
            }
            accounts.remove(key, account);
        }
    }

    /** Ends the use of a unit. */
    void release(Lease lease, boolean returned) {
        lease.account.release(lease, returned, nanoTime.getAsLong());
    }

    /** Ends leases that are idle or past their use-by, and forgets accounts that hold none. To be called regularly. */
    void sweep() {
        long nowNanos = nanoTime.getAsLong();
        accounts.forEach((key, account) -> {
            if (account.sweep(nowNanos, config.leaseIdle().toNanos())) {
                accounts.remove(key, account);
            }
        });
    }

    /** Takes no more leases and ends each as soon as none of its units is in use; may be called again. */
    void drain() {
        draining = true;
        accounts.values().forEach(AccountLeases::drain);
    }

    private void request(AccountLeases account) {
        try {
            databaseThreads.execute(() -> requestNow(account));
        } catch (RejectedExecutionException e) {
            finish(account, account.failed(Refusals.overloaded(config.databaseQueue()), nanoTime.getAsLong()));
        }
    }

    private void requestNow(AccountLeases account) {
        Outcome outcome;
        try {
            outcome = ask(account);
        } catch (Throwable t) {
            // Whatever it is, nobody may wait for it for ever.
            failed.increment();
            finish(account, account.failed(Refusals.unavailable(), nanoTime.getAsLong()));
            throw t;
        }
        finish(account, outcome);
    }

    private Outcome ask(AccountLeases account) {
        if (nanoTime.getAsLong() - awayUntilNanos < 0) {
            return account.failed(Refusals.unavailable(), nanoTime.getAsLong());
        }
        if (closer.unclosed() >= config.maxLeases()) {
            return account.failed(Refusals.overloaded(config.maxLeases()), nanoTime.getAsLong());
        }
        LeaseRequest request = account.nextRequest();
        // Before the request: what passes from here on is never less than what passes since the grant.
        long requestedAtNanos = nanoTime.getAsLong();
        try {
            LeaseGrant grant = store.grant(request);
            long nowNanos = nanoTime.getAsLong();
            if (grant instanceof LeaseGrant.Granted lease) {
                granted.increment();
                closer.opened();
                return account.granted(lease, requestedAtNanos, nowNanos);
            }
            spent.increment();
            return account.refused((LeaseGrant.Spent) grant, request.ceiling(), nowNanos);
        } catch (StoreUnavailableException e) {
            failed.increment();
            awayUntilNanos = nanoTime.getAsLong() + AWAY_PAUSE_NANOS;
            log.atWarn().addKeyValue("cause", Causes.innermost(e)).log("quota store does not answer");
            return account.failed(Refusals.unavailable(), nanoTime.getAsLong());
        } catch (RuntimeException e) {
            failed.increment();
            log.atError().setCause(e).log("grant of a lease failed");
            return account.failed(Refusals.unavailable(), nanoTime.getAsLong());
        }
    }

    private void finish(AccountLeases account, Outcome outcome) {
        if (outcome.mustRequest()) {
            request(account);
        }
        outcome.completions().forEach(Runnable::run);
    }

    private static CompletionStage<Taken> refused(Admission.Refused refusal) {
        return CompletableFuture.completedFuture(new Taken.Refused(refusal));
    }
}

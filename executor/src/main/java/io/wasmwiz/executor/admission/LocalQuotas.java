package io.wasmwiz.executor.admission;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.admission.AccountQuota.Next;
import io.wasmwiz.executor.admission.AccountQuota.Outcome;
import io.wasmwiz.executor.admission.AccountQuota.Result;
import io.wasmwiz.executor.admission.AccountQuota.Step;
import io.wasmwiz.executor.admission.QuotaStore.StoreUnavailableException;
import io.wasmwiz.executor.auth.Caller;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Units of days and minutes that this executor took from the shared allowances: a local decrement while there are some, a
 * request to the store, one at a time per account, when there are none.
 *
 * <p>While the store is away, what is held goes on to serve, at most until its minute ends; other calls are told so at
 * once.
 *
 * <p>Thread-safe; {@link #take} and {@link #release} never block. A take that had to wait completes on a database thread.
 */
final class LocalQuotas {
    private record Key(UUID accountId, String tier) {
        static Key of(Caller caller) {
            return new Key(caller.accountId(), caller.tier().name());
        }
    }

    private final AdmissionConfig config;
    private final QuotaStore store;
    private final Executor databaseThreads;
    private final ScheduledExecutorService scheduler;
    private final LeaseCloser closer;
    private final MinuteLimits minutes;
    private final LongSupplier nanoTime;
    private final StoreHealth health;
    private final StoreUpkeep upkeep;
    private final ConcurrentHashMap<Key, AccountQuota> accounts = new ConcurrentHashMap<>();
    private final Counter granted;
    private final Counter spent;
    private volatile boolean draining;

    /** {@code databaseThreads} and {@code scheduler} are their opener's to close. */
    LocalQuotas(
            AdmissionConfig config,
            QuotaStore store,
            Executor databaseThreads,
            ScheduledExecutorService scheduler,
            LeaseCloser closer,
            MinuteLimits minutes,
            LongSupplier nanoTime,
            MeterRegistry metrics) {
        this.config = config;
        this.store = store;
        this.databaseThreads = databaseThreads;
        this.scheduler = scheduler;
        this.closer = closer;
        this.minutes = minutes;
        this.nanoTime = nanoTime;
        this.health = new StoreHealth(nanoTime, metrics);
        this.upkeep = new StoreUpkeep(store, health, nanoTime, metrics);
        this.granted = metrics.counter("wasmwiz.admission.grants", "result", "granted");
        this.spent = metrics.counter("wasmwiz.admission.grants", "result", "spent");
    }

    /** Takes one unit of all that the caller's call needs; at once unless the store has to be asked. */
    CompletionStage<Taken> take(Caller caller) {
        Key key = Key.of(caller);
        while (true) {
            AccountQuota account = accounts.get(key);
            if (account == null) {
                if (draining) {
                    return refused(Refusals.unavailable());
                }
                if (accounts.size() >= config.maxLeases()) {
                    return refused(Refusals.overloaded(config.maxLeases()));
                }
                account = accounts.computeIfAbsent(
                        key, k -> new AccountQuota(k.accountId(), k.tier(), config, minutes, closer::close));
            }
            Result result = account.take(caller, nanoTime.getAsLong());
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
    void release(Taken.Unit unit, boolean returned) {
        unit.lease().account.release(unit, returned, nanoTime.getAsLong());
    }

    /** What is known here of a caller's account, {@code otherwise} when nothing is. */
    <T> T peek(Caller caller, Function<AccountQuota, T> look, T otherwise) {
        AccountQuota account = accounts.get(Key.of(caller));
        return account == null ? otherwise : look.apply(account);
    }

    /**
     * Ends leases that are idle or past their use-by, forgets accounts that hold none, renews what is in use and returns
     * what others ask for. To be called regularly.
     */
    void sweep() {
        long nowNanos = nanoTime.getAsLong();
        Upkeep found = new Upkeep();
        accounts.forEach((key, account) -> {
            if (account.sweep(nowNanos, found)) {
                accounts.remove(key, account);
            }
        });
        doUpkeep(found);
    }

    /** Takes nothing more and ends each lease as soon as none of its units is in use; may be called again. */
    void drain() {
        draining = true;
        Upkeep found = new Upkeep();
        for (AccountQuota account : accounts.values()) {
            account.drain(nanoTime.getAsLong(), found).forEach(Runnable::run);
        }
        doUpkeep(found);
    }

    private void doUpkeep(Upkeep found) {
        if (found.isNeeded()) {
            upkeep.submit(found, databaseThreads, recalled -> {
                AccountQuota account = accounts.get(new Key(recalled.accountId(), recalled.tier()));
                return account != null && account.recall(recalled.leaseId(), nanoTime.getAsLong());
            });
        }
    }

    private void request(AccountQuota account) {
        try {
            databaseThreads.execute(() -> requestNow(account));
        } catch (RejectedExecutionException e) {
            finish(account, account.failed(Refusals.overloaded(config.databaseQueue()), nanoTime.getAsLong()));
        }
    }

    private void requestSoon(AccountQuota account) {
        try {
            Future<?> unused = scheduler.schedule(
                    () -> request(account), AdmissionConfig.RECALL_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            finish(account, account.failed(Refusals.unavailable(), nanoTime.getAsLong()));
        }
    }

    private void requestNow(AccountQuota account) {
        Outcome outcome;
        try {
            Step step = account.next(nanoTime.getAsLong());
            step.completions().forEach(Runnable::run);
            if (step.request().isEmpty()) {
                return;
            }
            outcome = ask(account, step.request().get());
        } catch (Throwable t) {
            // Whatever it is, nobody may wait for it for ever.
            health.failed();
            finish(account, account.failed(Refusals.unavailable(), nanoTime.getAsLong()));
            throw t;
        }
        finish(account, outcome);
    }

    private Outcome ask(AccountQuota account, QuotaRequest request) {
        if (health.isPausing()) {
            return account.failed(Refusals.unavailable(), nanoTime.getAsLong());
        }
        if (closer.unclosed() >= config.maxLeases()) {
            return account.failed(Refusals.overloaded(config.maxLeases()), nanoTime.getAsLong());
        }
        // Before the request: what passes from here on is never less than what passes since the grant.
        long requestedAtNanos = nanoTime.getAsLong();
        try {
            QuotaAnswer answer = store.take(request);
            long nowNanos = nanoTime.getAsLong();
            health.answered();
            (answer.spent().isEmpty() ? granted : spent).increment();
            answer.lease().ifPresent(lease -> closer.opened());
            return account.answered(request, answer, requestedAtNanos, nowNanos);
        } catch (StoreUnavailableException e) {
            health.unavailable(e);
            return account.failed(Refusals.unavailable(), nanoTime.getAsLong());
        } catch (RuntimeException e) {
            health.failed(e);
            return account.failed(Refusals.unavailable(), nanoTime.getAsLong());
        }
    }

    private void finish(AccountQuota account, Outcome outcome) {
        if (outcome.next() == Next.NOW) {
            request(account);
        } else if (outcome.next() == Next.SOON) {
            requestSoon(account);
        }
        outcome.completions().forEach(Runnable::run);
    }

    private static CompletionStage<Taken> refused(Admission.Refused refusal) {
        return CompletableFuture.completedFuture(new Taken.Refused(refusal));
    }
}

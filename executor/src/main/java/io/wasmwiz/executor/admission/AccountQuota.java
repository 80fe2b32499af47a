package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.admission.LeaseGrant.Allowance;
import io.wasmwiz.executor.admission.LeaseGrant.Granted;
import io.wasmwiz.executor.admission.LeaseGrant.Spent;
import io.wasmwiz.executor.admission.QuotaLeases.LeaseRequest;
import io.wasmwiz.executor.auth.Tier;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The leases that this executor holds for one account on one tier, and the calls that wait for the next. Decides, and
 * leaves to {@link DailyLeases} what may block or call out: asking the store and completing calls.
 *
 * <p>Thread-safe; its lock is held for moments only.
 */
final class AccountLeases {
    private static final long FIRST_WANTED = 4;
    /** Grants that may pass a waiting call by, for example because they were past their use-by when they came. */
    private static final int MAX_EMPTY_HANDED = 3;
    /** For how long "nothing is left" is believed, so that calls beyond the limit do not all ask the store. */
    private static final long SPENT_BELIEVED_NANOS = Duration.ofMillis(250).toNanos();

    /** What a call found. */
    sealed interface Result {
        /** The answer. */
        record Answered(Taken taken) implements Result {}

        /** The call waits; where {@code mustRequest} is set, a grant has to be requested for it now. */
        record Waiting(CompletableFuture<Taken> answer, boolean mustRequest) implements Result {}

        /** This was swept away in the meantime: look the account up again. */
        record Forgotten() implements Result {}
    }

    /** Calls to complete, outside the lock, and whether a grant has to be requested for those that still wait. */
    record Outcome(List<Runnable> completions, boolean mustRequest) {}

    private static final class Waiter {
        final Tier tier;
        final CompletableFuture<Taken> answer = new CompletableFuture<>();
        int emptyHanded;

        Waiter(Tier tier) {
            this.tier = tier;
        }
    }

    final UUID accountId;
    final String tierName;
    private final int maxWaiting;
    private final long maxWanted;
    private final Consumer<Lease> whenDone;

    /** Not retired, oldest first. All but those with units have one in use, so there are no more than calls in progress. */
    private final ArrayDeque<Lease> open = new ArrayDeque<>();

    private final ArrayDeque<Waiter> waiting = new ArrayDeque<>();
    private long wanted = FIRST_WANTED;
    private boolean requesting;
    private boolean draining;
    private boolean forgotten;
    private @Nullable Spent spent;
    private long spentCeiling;
    private long spentAtNanos;

    /** {@code whenDone} is called once per lease, under the lock, when its end may be published; it must not block. */
    AccountLeases(UUID accountId, String tierName, AdmissionConfig config, Consumer<Lease> whenDone) {
        this.accountId = accountId;
        this.tierName = tierName;
        this.maxWaiting = config.maxWaiting();
        this.maxWanted = config.maxLeaseSize();
        this.whenDone = whenDone;
    }

    synchronized Result take(Tier tier, long nowNanos) {
        if (forgotten) {
            return new Result.Forgotten();
        }
        Taken taken = tryTake(tier, nowNanos);
        if (taken != null) {
            return new Result.Answered(taken);
        }
        if (draining) {
            return new Result.Answered(new Taken.Refused(Refusals.unavailable()));
        }
        if (waiting.size() >= maxWaiting) {
            return new Result.Answered(new Taken.Refused(Refusals.overloaded(maxWaiting)));
        }
        Waiter waiter = new Waiter(tier);
        waiting.add(waiter);
        boolean mustRequest = !requesting;
        requesting = true;
        return new Result.Waiting(waiter.answer, mustRequest);
    }

    /** What to ask the store for now. */
    synchronized LeaseRequest nextRequest() {
        long ceiling = waiting.stream()
                .mapToLong(waiter -> waiter.tier.executionsPerDay())
                .max()
                .orElse(1);
        return new LeaseRequest(accountId, tierName, ceiling, wanted, Math.max(1, waiting.size()));
    }

    synchronized Outcome granted(Granted granted, long requestedAtNanos, long nowNanos) {
        Lease lease = new Lease(this, granted, requestedAtNanos, nowNanos);
        spent = null;
        open.add(lease);
        wanted = Math.min(wanted * 2, maxWanted);
        if (draining) {
            retireAll();
        }
        return serve(nowNanos, null);
    }

    synchronized Outcome refused(Spent answer, long ceiling, long nowNanos) {
        spent = answer;
        spentCeiling = ceiling;
        spentAtNanos = nowNanos;
        return serve(nowNanos, null);
    }

    /** The store could not be asked: who finds no unit now is told {@code refusal}. */
    synchronized Outcome failed(Admission.Refused refusal, long nowNanos) {
        return serve(nowNanos, refusal);
    }

    /** Ends the use of a unit of {@code lease}; a returned one may be taken again while the lease is open. */
    synchronized void release(Lease lease, boolean returned, long nowNanos) {
        lease.release(returned, nowNanos);
        if (lease.isDone()) {
            open.remove(lease);
            whenDone.accept(lease);
        }
    }

    /** Retires leases that are idle or past their use-by; true when nothing is left here, and this must be forgotten. */
    synchronized boolean sweep(long nowNanos, long idleNanos) {
        for (Lease lease : List.copyOf(open)) {
            if (lease.isPastUseBy(nowNanos) || lease.isIdle(nowNanos, idleNanos)) {
                wanted = FIRST_WANTED;
                retire(lease);
            }
        }
        forgotten = open.isEmpty()
                && waiting.isEmpty()
                && !requesting
                && (spent == null || nowNanos - spentAtNanos >= SPENT_BELIEVED_NANOS);
        return forgotten;
    }

    /** Retires everything and grants nothing more. */
    synchronized void drain() {
        draining = true;
        retireAll();
    }

    private void retireAll() {
        List.copyOf(open).forEach(this::retire);
    }

    private void retire(Lease lease) {
        open.remove(lease);
        lease.retire();
        if (lease.isDone()) {
            whenDone.accept(lease);
        }
    }

    private Outcome serve(long nowNanos, Admission.@Nullable Refused otherwise) {
        List<Runnable> completions = new ArrayList<>();
        for (Iterator<Waiter> waiters = waiting.iterator(); waiters.hasNext(); ) {
            Waiter waiter = waiters.next();
            Taken taken = tryTake(waiter.tier, nowNanos);
            if (taken == null && otherwise != null) {
                taken = new Taken.Refused(otherwise);
            } else if (taken == null && (draining || ++waiter.emptyHanded > MAX_EMPTY_HANDED)) {
                taken = new Taken.Refused(Refusals.unavailable());
            }
            if (taken != null) {
                Taken answer = taken;
                waiters.remove();
                completions.add(() -> waiter.answer.complete(answer));
            }
        }
        requesting = !waiting.isEmpty();
        return new Outcome(completions, requesting);
    }

    /** A unit or a refusal; null when the store must be asked. */
    private @Nullable Taken tryTake(Tier tier, long nowNanos) {
        long ceiling = tier.executionsPerDay();
        Lease beyondCeiling = null;
        for (Iterator<Lease> leases = open.iterator(); leases.hasNext(); ) {
            Lease lease = leases.next();
            // A newer version of the tier has other figures: its leases are taken anew.
            if (lease.isPastUseBy(nowNanos) || lease.allowance.tierVersion() < tier.version()) {
                leases.remove();
                retire(lease);
            } else if (lease.hasUnits() && lease.unitsBefore() < ceiling) {
                lease.take(nowNanos);
                long limit = Math.min(lease.allowance.limit(), ceiling);
                return new Taken.Unit(lease, lease.timeAt(nowNanos), Math.max(0, limit - lease.unitsBefore()));
            } else if (lease.hasUnits()) {
                beyondCeiling = lease;
            }
        }
        if (beyondCeiling != null) {
            Instant now = beyondCeiling.timeAt(nowNanos);
            return spentAt(beyondCeiling.allowance, ceiling, now, endOfDay(now));
        }
        if (spent != null
                && ceiling <= spentCeiling
                && tier.version() <= spent.allowance().tierVersion()) {
            Instant now = spent.askedAt().plusNanos(nowNanos - spentAtNanos);
            if (nowNanos - spentAtNanos < SPENT_BELIEVED_NANOS && now.isBefore(spent.resetsAt())) {
                return spentAt(spent.allowance(), ceiling, now, spent.resetsAt());
            }
        }
        return null;
    }

    private Taken spentAt(Allowance allowance, long ceiling, Instant now, Instant resetsAt) {
        return new Taken.Refused(new Admission.DailyQuotaSpent(
                tierName,
                Math.min(allowance.limit(), ceiling),
                allowance.charged(),
                allowance.held(),
                resetsAt,
                Duration.between(now, resetsAt)));
    }

    private static Instant endOfDay(Instant time) {
        return time.truncatedTo(ChronoUnit.DAYS).plus(1, ChronoUnit.DAYS);
    }
}

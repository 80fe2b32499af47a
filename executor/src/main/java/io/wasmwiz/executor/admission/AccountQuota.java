package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.admission.AccountKeys.OwnLimits;
import io.wasmwiz.executor.admission.QuotaAnswer.DayCount;
import io.wasmwiz.executor.admission.QuotaAnswer.TierLimits;
import io.wasmwiz.executor.admission.QuotaRequest.Ask;
import io.wasmwiz.executor.admission.QuotaRequest.KeyAsk;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Tier;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What this executor holds for one account on one tier, and the calls that wait for more. Decides, and leaves to {@link
 * LocalQuotas} what may block or call out: asking the store and completing calls.
 *
 * <p>Thread-safe; its lock is held for moments only.
 */
final class AccountQuota {
    private static final long FIRST_WANTED = 4;
    /** Answers that may pass a waiting call by, for example because they were past their use-by when they came. */
    private static final int MAX_EMPTY_HANDED = 4;
    /** By how much the store lets a lease's time be ahead of its own when it grants a minute. */
    private static final Duration MAX_LEAD = Duration.ofSeconds(5);

    /** What a call found. */
    sealed interface Result {
        /** The answer. */
        record Answered(Taken taken) implements Result {}

        /** The call waits; where {@code mustRequest} is set, the store has to be asked for it now. */
        record Waiting(CompletableFuture<Taken> answer, boolean mustRequest) implements Result {}

        /** This was swept away in the meantime: look the account up again. */
        record Forgotten() implements Result {}
    }

    /** Calls to complete, outside the lock, and what to ask for those that still wait. */
    record Step(List<Runnable> completions, Optional<QuotaRequest> request) {}

    /** Calls to complete, outside the lock, and whether the store has to be asked for those that still wait. */
    record Outcome(List<Runnable> completions, Next next) {}

    /** When to ask the store again. */
    enum Next {
        NEVER,
        NOW,
        /** When units that were asked back may have come. */
        SOON
    }

    final UUID accountId;
    final String tierName;
    private final AdmissionConfig config;
    private final MinuteLimits minutes;
    private final AccountKeys keys;
    private final AccountLeases leases;
    private final WaitingCalls waiting = new WaitingCalls();
    private final LastAnswers last = new LastAnswers();
    private long dayWanted = FIRST_WANTED;
    private long minuteWanted = FIRST_WANTED;
    private boolean requesting;
    private boolean draining;
    private boolean forgotten;
    private @Nullable Spent spentDay;
    private @Nullable Spent spentMinute;

    /** {@code whenDone} is called once per lease, under the lock, when its end may be published; it must not block. */
    AccountQuota(
            UUID accountId, String tierName, AdmissionConfig config, MinuteLimits minutes, Consumer<Lease> whenDone) {
        this.accountId = accountId;
        this.tierName = tierName;
        this.config = config;
        this.minutes = minutes;
        this.keys = new AccountKeys(minutes, config.maxLeaseSize());
        this.leases = new AccountLeases(whenDone);
    }

    synchronized Result take(Caller caller, long nowNanos) {
        if (forgotten) {
            return new Result.Forgotten();
        }
        Taken taken = tryTake(caller, nowNanos);
        if (taken != null) {
            return new Result.Answered(taken);
        }
        if (draining) {
            return new Result.Answered(new Taken.Refused(Refusals.unavailable()));
        }
        if (waiting.size() >= config.maxWaiting()) {
            return new Result.Answered(new Taken.Refused(Refusals.overloaded(config.maxWaiting())));
        }
        boolean mustRequest = !requesting;
        requesting = true;
        return new Result.Waiting(waiting.add(caller), mustRequest);
    }

    /** What to ask the store for now, after serving those for whom units came back. */
    synchronized Step next(long nowNanos) {
        List<Runnable> completions = serve(nowNanos, call -> null);
        return new Step(completions, waiting.first().map(caller -> request(caller, nowNanos)));
    }

    /** For the calls that lack what {@code caller} lacks. */
    private QuotaRequest request(Caller caller, long nowNanos) {
        Optional<UUID> group = AccountKeys.group(caller, last.tier());
        Optional<Instant> now = timeAt(leases.usable(caller.tier().version(), nowNanos), nowNanos);
        Optional<Instant> minute = now.map(AccountQuota::minuteOf);
        long minuteUnits = minute.map(start -> minutes.available(accountId, tierName, start))
                .orElse(0L);
        long calls = now.map(time -> servable(caller, waiting.ofGroup(group, last.tier()), minuteUnits, time, nowNanos))
                .orElseGet(() -> waiting.ofGroup(group, last.tier()));
        return new QuotaRequest(
                accountId,
                tierName,
                Ask.forLack(dayWanted, calls, leases.unspent()),
                minute,
                Ask.forLack(minuteWanted, calls, minuteUnits),
                group.map(key -> keys.ask(key, caller.tier(), calls, now)));
    }

    /**
     * How many of {@code calls} calls like {@code caller}'s can be served. The store grants all that is asked for or nothing:
     * where an allowance is spent and some of it is left here, asking for more than that would get nothing of the others.
     */
    private long servable(Caller caller, long calls, long minuteUnits, Instant now, long nowNanos) {
        int version = caller.tier().version();
        long most = calls;
        if (isBelieved(spentDay, now, version)) {
            most = Math.min(most, leases.unspent());
        }
        if (isBelieved(spentMinute, now, version)) {
            most = Math.min(most, minuteUnits);
        }
        OwnLimits own = keys.of(caller, last.tier().orElseThrow(), nowNanos);
        if (own != null && own.day() && isBelieved(own.key().spentDay, now, version)) {
            most = Math.min(most, own.key().unspentAt(now));
        }
        if (own != null && own.minute() && isBelieved(own.key().spentMinute, now, version)) {
            most = Math.min(most, keys.minuteUnits(own, minuteOf(now)));
        }
        return Math.max(1, most);
    }

    synchronized Outcome answered(QuotaRequest request, QuotaAnswer answer, long requestedAtNanos, long nowNanos) {
        leases.retireIf(lease -> lease.timeAt(nowNanos).isBefore(answer.askedAt()), nowNanos);
        // Its grant took so long to arrive that its minute is one that the store does not believe yet.
        Instant believed = answer.askedAt().plus(MAX_LEAD);
        leases.retireIf(lease -> lease.timeAt(requestedAtNanos).isAfter(believed), nowNanos);
        Optional<UUID> group = request.key().map(KeyAsk::keyId);
        Optional<Spent> spent = answer.spent().map(which -> Spent.of(which, request, answer, requestedAtNanos));
        boolean returning =
                spent.filter(which -> which.dimension() == Dimension.DAY).isPresent()
                        && (answer.returningSoon()
                                || leases.returnedUnitsSince(
                                        nowNanos - config.recallWait().toNanos(), nowNanos));
        note(answer, spent, returning, requestedAtNanos, nowNanos);
        group.ifPresent(key -> keys.answered(key, answer, spent, nowNanos));
        if (draining) {
            leases.retireIf(lease -> true, nowNanos);
        }
        Optional<UUID> served = group.filter(key -> request.key()
                .filter(ask -> ask.dayLimit() < answer.tier().perDay()
                        || ask.minuteLimit() < answer.tier().perMinute())
                .isPresent());
        List<Runnable> completions = serve(nowNanos, call -> {
            if (draining) {
                return new Taken.Refused(Refusals.unavailable());
            }
            if (returning) {
                return ++call.recalls <= config.maxRecalls()
                        ? null
                        : new Taken.Refused(spent.orElseThrow().refusal(tierName, nowNanos));
            }
            return AccountKeys.group(call.caller, last.tier()).equals(served) && ++call.emptyHanded > MAX_EMPTY_HANDED
                    ? new Taken.Refused(Refusals.unavailable())
                    : null;
        });
        return new Outcome(completions, !requesting ? Next.NEVER : returning ? Next.SOON : Next.NOW);
    }

    private void note(
            QuotaAnswer answer, Optional<Spent> spent, boolean returning, long requestedAtNanos, long nowNanos) {
        if (last.isNewMinute(answer)) {
            minuteWanted = Math.max(FIRST_WANTED, minuteWanted / 2);
        }
        last.note(answer, requestedAtNanos);
        answer.lease().ifPresent(grant -> {
            long held = answer.day().map(DayCount::held).orElse(grant.size());
            leases.add(new Lease(this, answer, grant, held, requestedAtNanos, nowNanos));
            dayWanted = Math.min(dayWanted * 2, config.maxLeaseSize());
        });
        if (answer.minuteUnits() > 0) {
            minutes.add(accountId, tierName, answer.minuteStart(), answer.minuteUnits());
            minuteWanted = Math.min(minuteWanted * 2, config.maxLeaseSize());
        }
        spentDay = spent.filter(which -> which.dimension() == Dimension.DAY && !returning)
                .orElse(answer.lease().isPresent() || returning ? null : spentDay);
        spentMinute =
                spent.filter(which -> which.dimension() == Dimension.MINUTE).orElse(spentMinute);
    }

    /** The store could not be asked: who finds nothing now is told {@code refusal}. */
    synchronized Outcome failed(Admission.Refused refusal, long nowNanos) {
        return new Outcome(serve(nowNanos, call -> new Taken.Refused(refusal)), Next.NEVER);
    }

    /** Ends the use of a unit; a returned one may be taken again while the lease is open. */
    synchronized void release(Taken.Unit unit, boolean returned, long nowNanos) {
        if (returned) {
            unit.key().ifPresent(key -> key.returned(unit.admittedAt()));
        }
        leases.release(unit.lease(), returned, nowNanos);
    }

    /**
     * Retires leases that are idle or past their use-by, gives up what keys left, and tells {@code upkeep}; true when
     * nothing is left here, and this must be forgotten.
     */
    synchronized boolean sweep(long nowNanos, Upkeep upkeep) {
        long idleNanos = config.leaseIdle().toNanos();
        if (leases.retireIf(lease -> lease.isPastUseBy(nowNanos) || lease.isIdle(nowNanos, idleNanos), nowNanos)) {
            dayWanted = FIRST_WANTED;
        }
        leases.addRenewals(nowNanos, config.leaseDuration().toNanos(), idleNanos, upkeep.renewals);
        keys.sweep(nowNanos, idleNanos);
        upkeep.giveBacks.addAll(keys.takeGiveBacks());
        upkeep.unspent += leases.unspent();
        boolean mustRemember = last.timeAt(nowNanos)
                .filter(now -> isBelieved(spentDay, now, 0) || isBelieved(spentMinute, now, 0))
                .isPresent();
        forgotten = leases.isEmpty() && keys.isEmpty() && waiting.isEmpty() && !requesting && !mustRemember;
        return forgotten;
    }

    /** {@code lease} may be used for {@code usableNanos} from {@code requestedAtNanos}. */
    synchronized void renewed(Lease lease, long requestedAtNanos, long usableNanos) {
        lease.renew(requestedAtNanos, usableNanos);
    }

    /** Another executor waits for what the lease has left; true when it had something. */
    synchronized boolean recall(UUID leaseId, long nowNanos) {
        boolean recalled = leases.retireIf(lease -> lease.id.equals(leaseId) && lease.hasUnits(), nowNanos);
        if (recalled) {
            dayWanted = FIRST_WANTED;
        }
        return recalled;
    }

    /** Retires everything, takes nothing more and lets nobody wait; the completions are to be run outside the lock. */
    synchronized List<Runnable> drain(long nowNanos, Upkeep upkeep) {
        draining = true;
        List<Runnable> completions = waiting.serve(call -> new Taken.Refused(Refusals.unavailable()));
        leases.retireIf(lease -> true, nowNanos);
        keys.sweep(nowNanos, 0);
        upkeep.giveBacks.addAll(keys.takeGiveBacks());
        return completions;
    }

    /** What is known here of the caller's limits. */
    synchronized RateLimits rateLimits(Caller caller, long nowNanos) {
        OwnLimits own =
                last.tier().map(limits -> keys.of(caller, limits, nowNanos)).orElse(null);
        return last.rateLimits(
                caller.tier(),
                own == null || !own.day() ? null : own.key(),
                leases.unspent(),
                minute -> minutes.available(accountId, tierName, minute),
                nowNanos);
    }

    /** Units that are left here. */
    synchronized QuotaFigures.Unspent unspent(long nowNanos) {
        return new QuotaFigures.Unspent(
                leases.unspent(),
                last.timeAt(nowNanos)
                        .map(now -> minutes.available(accountId, tierName, minuteOf(now)))
                        .orElse(0L));
    }

    private List<Runnable> serve(long nowNanos, Function<WaitingCalls.Call, @Nullable Taken> otherwise) {
        List<Runnable> completions = waiting.serve(call -> {
            Taken taken = tryTake(call.caller, nowNanos);
            return taken == null ? otherwise.apply(call) : taken;
        });
        requesting = !waiting.isEmpty();
        return completions;
    }

    /** One unit of everything, or a refusal; null when the store must be asked. */
    private @Nullable Taken tryTake(Caller caller, long nowNanos) {
        Tier tier = caller.tier();
        Lease lease = leases.usable(tier.version(), nowNanos);
        Optional<Instant> time = timeAt(lease, nowNanos);
        if (time.isEmpty()) {
            return null;
        }
        Instant now = time.get();
        Instant minute = minuteOf(now);
        TierLimits limits = last.tier().orElseThrow();
        OwnLimits own = keys.of(caller, limits, nowNanos);
        // The minute last: what is taken of it cannot be given back.
        if (lease != null
                && !keys.lacksDay(own, now)
                && !keys.lacksMinute(own, minute)
                && minutes.tryAcquire(accountId, tierName, minute)) {
            return unit(lease, own, tier, now, limits.perDay(), nowNanos);
        }
        Spent spent = null;
        if (lease == null && isBelieved(spentDay, now, tier.version())) {
            spent = spentDay;
        } else if (own != null && keys.lacksDay(own, now) && isBelieved(own.key().spentDay, now, tier.version())) {
            spent = own.key().spentDay;
        } else if (own != null
                && keys.lacksMinute(own, minute)
                && isBelieved(own.key().spentMinute, now, tier.version())) {
            spent = own.key().spentMinute;
        } else if (isBelieved(spentMinute, now, tier.version())
                && minutes.available(accountId, tierName, minute) == 0) {
            spent = spentMinute;
        }
        return spent == null ? null : new Taken.Refused(spent.refusal(tierName, nowNanos));
    }

    private Taken unit(Lease lease, @Nullable OwnLimits own, Tier tier, Instant now, long accountLimit, long nowNanos) {
        lease.take(nowNanos);
        long remaining = Math.max(0, accountLimit - lease.unitsBefore());
        if (own == null) {
            return new Taken.Unit(lease, Optional.empty(), now, remaining);
        }
        keys.take(own, minuteOf(now), nowNanos);
        return own.day()
                ? new Taken.Unit(
                        lease,
                        Optional.of(own.key()),
                        now,
                        Math.min(remaining, own.key().remainingAt(now, tier.executionsPerDay())))
                : new Taken.Unit(lease, Optional.empty(), now, remaining);
    }

    private static boolean isBelieved(@Nullable Spent spent, Instant now, int tierVersion) {
        return spent != null && spent.isBelieved(now, tierVersion);
    }

    private Optional<Instant> timeAt(@Nullable Lease lease, long nowNanos) {
        return lease == null ? last.timeAt(nowNanos) : Optional.of(lease.timeAt(nowNanos));
    }

    private static Instant minuteOf(Instant time) {
        return time.truncatedTo(ChronoUnit.MINUTES);
    }
}

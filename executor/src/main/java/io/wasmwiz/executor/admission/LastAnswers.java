package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.admission.QuotaAnswer.DayCount;
import io.wasmwiz.executor.admission.QuotaAnswer.TierLimits;
import io.wasmwiz.executor.admission.RateLimits.Left;
import io.wasmwiz.executor.admission.RateLimits.Window;
import io.wasmwiz.executor.auth.Tier;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the store said last of an account: its time, its tier's limits and its counts.
 *
 * <p>Not thread-safe: guarded by the lock of its {@link AccountQuota}.
 */
final class LastAnswers {
    private @Nullable QuotaAnswer last;
    private long requestedAtNanos;
    private DayCount day = new DayCount(0, 0);
    private Instant dayEnd = Instant.EPOCH;
    private long minuteGranted;
    private Instant minuteStart = Instant.EPOCH;

    void note(QuotaAnswer answer, long requestedAt) {
        last = answer;
        requestedAtNanos = requestedAt;
        answer.day().ifPresent(counted -> {
            day = counted;
            dayEnd = answer.dayEnd();
        });
        answer.minuteGranted().ifPresent(granted -> {
            minuteGranted = granted;
            minuteStart = answer.minuteStart();
        });
    }

    boolean isNewMinute(QuotaAnswer answer) {
        return answer.minuteGranted().isPresent() && !answer.minuteStart().equals(minuteStart);
    }

    /** The store's time, or a little later; empty before its first answer. */
    Optional<Instant> timeAt(long nowNanos) {
        return last == null ? Optional.empty() : Optional.of(last.askedAt().plusNanos(nowNanos - requestedAtNanos));
    }

    /** The tier's limits, not lowered by a key; empty before the first answer. */
    Optional<TierLimits> tier() {
        return last == null ? Optional.empty() : Optional.of(last.tier());
    }

    /**
     * The limits of a caller on {@code tier}.
     *
     * @param key the caller's key, if it has lower limits and is known here
     * @param unspent units of the day that this executor holds
     * @param minuteUnits units of a minute that this executor holds
     */
    RateLimits rateLimits(
            Tier tier, @Nullable KeyUnits key, long unspent, ToLongFunction<Instant> minuteUnits, long nowNanos) {
        Optional<Instant> time = timeAt(nowNanos);
        return new RateLimits(
                new Window(
                        tier.executionsPerMinute(),
                        time.map(now -> minuteLeft(tier.executionsPerMinute(), minuteUnits, now))),
                new Window(tier.executionsPerDay(), time.map(now -> dayLeft(tier, key, unspent, now))));
    }

    private Left minuteLeft(long limit, ToLongFunction<Instant> minuteUnits, Instant now) {
        Instant minute = now.truncatedTo(ChronoUnit.MINUTES);
        long ofAccount = tier().map(TierLimits::perMinute).orElse(limit);
        long left = minute.equals(minuteStart)
                ? Math.max(0, ofAccount - minuteGranted) + minuteUnits.applyAsLong(minute)
                : ofAccount;
        return new Left(Math.min(limit, left), Duration.between(now, minute.plus(1, ChronoUnit.MINUTES)));
    }

    private Left dayLeft(Tier tier, @Nullable KeyUnits key, long unspent, Instant now) {
        Instant end = now.truncatedTo(ChronoUnit.DAYS).plus(1, ChronoUnit.DAYS);
        long ofAccount = tier().map(TierLimits::perDay).orElse((long) tier.executionsPerDay());
        long left = end.equals(dayEnd) ? Math.max(0, ofAccount - day.held()) + unspent : ofAccount;
        long ofKey = key == null ? tier.executionsPerDay() : key.remainingAt(now, tier.executionsPerDay());
        return new Left(Math.min(ofKey, left), Duration.between(now, end));
    }
}

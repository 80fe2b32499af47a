package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.admission.QuotaAnswer.DayCount;
import io.wasmwiz.executor.admission.QuotaRequest.KeyAsk;
import java.time.Duration;
import java.time.Instant;

/**
 * An allowance of which the store had nothing left.
 *
 * @param limit of the allowance
 * @param charged units charged; 0 unless it is the account's day
 * @param held units taken
 * @param askedAt when, by the store's clock
 * @param resetsAt when the day or minute ends
 * @param requestedAtNanos monotonic time just before the store was asked
 * @param tierVersion of the limits at the time
 */
record Spent(
        Dimension dimension,
        long limit,
        long charged,
        long held,
        Instant askedAt,
        Instant resetsAt,
        long requestedAtNanos,
        int tierVersion) {
    /**
     * For how long it is believed of a day, whose units may come back, so that calls beyond the limit do not all ask the
     * store. Units of a minute do not come back.
     */
    static final Duration DAY_BELIEVED = Duration.ofMillis(250);

    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** What {@code answer} says to be spent. */
    static Spent of(Dimension dimension, QuotaRequest request, QuotaAnswer answer, long requestedAtNanos) {
        Instant minuteEnd = answer.minuteStart().plus(MINUTE);
        DayCount day = answer.day().orElse(new DayCount(0, 0));
        KeyAsk key = request.key().orElse(new KeyAsk(request.accountId(), 0, request.day(), 0, request.minute()));
        return switch (dimension) {
            case DAY ->
                of(
                        dimension,
                        answer.tier().perDay(),
                        day.charged(),
                        day.held(),
                        answer.dayEnd(),
                        answer,
                        requestedAtNanos);
            case MINUTE ->
                of(
                        dimension,
                        answer.tier().perMinute(),
                        0,
                        answer.minuteGranted().orElse(0),
                        minuteEnd,
                        answer,
                        requestedAtNanos);
            case KEY_DAY ->
                of(
                        dimension,
                        key.dayLimit(),
                        0,
                        answer.keyDayGranted().orElse(0),
                        answer.dayEnd(),
                        answer,
                        requestedAtNanos);
            case KEY_MINUTE ->
                of(
                        dimension,
                        key.minuteLimit(),
                        0,
                        answer.keyMinuteGranted().orElse(0),
                        minuteEnd,
                        answer,
                        requestedAtNanos);
        };
    }

    private static Spent of(
            Dimension dimension,
            long limit,
            long charged,
            long held,
            Instant resetsAt,
            QuotaAnswer answer,
            long requestedAtNanos) {
        return new Spent(
                dimension,
                limit,
                charged,
                held,
                answer.askedAt(),
                resetsAt,
                requestedAtNanos,
                answer.tier().version());
    }

    /** Whether a call at {@code at} whose limits are of {@code version} need not ask again. */
    boolean isBelieved(Instant at, int version) {
        boolean mayReturn = dimension == Dimension.DAY || dimension == Dimension.KEY_DAY;
        return version <= tierVersion
                && at.isBefore(resetsAt)
                && (!mayReturn || at.isBefore(askedAt.plus(DAY_BELIEVED)));
    }

    /** What a call is told. */
    Admission.Refused refusal(String tier, long nowNanos) {
        Duration elapsed = Duration.ofNanos(nowNanos - requestedAtNanos);
        Duration left = Duration.between(askedAt.plus(elapsed), resetsAt);
        Duration retryAfter = left.isNegative() ? Duration.ZERO : left;
        return switch (dimension) {
            case DAY -> new Admission.DailyQuotaSpent(tier, limit, charged, held, resetsAt, retryAfter);
            case MINUTE -> new Admission.MinuteQuotaSpent(tier, limit, held, resetsAt, retryAfter);
            case KEY_DAY -> new Admission.KeyQuotaSpent(Admission.Period.DAY, limit, held, resetsAt, retryAfter);
            case KEY_MINUTE -> new Admission.KeyQuotaSpent(Admission.Period.MINUTE, limit, held, resetsAt, retryAfter);
        };
    }
}

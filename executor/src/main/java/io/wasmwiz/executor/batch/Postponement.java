package io.wasmwiz.executor.batch;

import io.wasmwiz.executor.admission.Admission;
import io.wasmwiz.executor.refusal.Refusal;
import java.time.Duration;
import java.util.Optional;

/**
 * Why an item is tried again rather than refused.
 *
 * @param delay until it has passed, nothing of the batch starts
 * @param isPacing whether it waits for the next minute, as its client asked, and not for what is busy
 */
record Postponement(Duration delay, boolean isPacing) {
    private static final Duration LONGEST_BUSY_WAIT = Duration.ofSeconds(1);

    /** Of an item that was refused for {@code refusal}; empty: the refusal is its result. */
    static Optional<Postponement> of(Refusal refusal, boolean paceByMinute) {
        if (refusal instanceof Refusal.ServerBusy busy) {
            return busy(busy.retryAfter());
        }
        if (refusal instanceof Refusal.AccountQueueFull full) {
            return busy(full.retryAfter());
        }
        if (refusal instanceof Refusal.EventLogUnavailable away) {
            return busy(away.retryAfter());
        }
        if (refusal instanceof Refusal.DatabaseUnavailable away) {
            return busy(away.retryAfter());
        }
        return refusal instanceof Refusal.NotAdmitted no ? of(no.refused(), paceByMinute) : Optional.empty();
    }

    private static Optional<Postponement> of(Admission.Refused refused, boolean paceByMinute) {
        if (refused instanceof Admission.ConcurrencySpent
                || refused instanceof Admission.Overloaded
                || refused instanceof Admission.Unavailable) {
            return busy(refused.retryAfter());
        }
        boolean isMinute = refused instanceof Admission.MinuteQuotaSpent
                || (refused instanceof Admission.KeyQuotaSpent key && key.period() == Admission.Period.MINUTE);
        return isMinute && paceByMinute ? Optional.of(new Postponement(refused.retryAfter(), true)) : Optional.empty();
    }

    private static Optional<Postponement> busy(Duration retryAfter) {
        return Optional.of(
                new Postponement(retryAfter.compareTo(LONGEST_BUSY_WAIT) < 0 ? retryAfter : LONGEST_BUSY_WAIT, false));
    }
}

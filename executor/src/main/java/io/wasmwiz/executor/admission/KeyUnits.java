package io.wasmwiz.executor.admission;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Units of a key's own day that this executor holds, and what is known of its day and minute. (Units of its minute are in
 * {@link MinuteLimits}.)
 *
 * <p>Not thread-safe: guarded by the lock of its {@link AccountQuota}.
 */
final class KeyUnits {
    /** Units to give back to the store. */
    record GiveBack(UUID keyId, Instant dayStart, long units) {}

    final UUID keyId;
    long wanted;
    long lastUsedNanos;

    @Nullable
    Spent spentDay;

    @Nullable
    Spent spentMinute;

    private Instant dayEnd = Instant.EPOCH;
    private long unspent;
    private long granted;

    KeyUnits(UUID keyId, long wanted, long nowNanos) {
        this.keyId = keyId;
        this.wanted = wanted;
        this.lastUsedNanos = nowNanos;
    }

    /** Adds granted units of the day that ends at {@code end}; executors took {@code grantedInAll} of it. */
    void add(Instant end, long units, long grantedInAll) {
        unspent = units + (end.equals(dayEnd) ? unspent : 0);
        dayEnd = end;
        granted = grantedInAll;
    }

    /** Units left of the day of {@code time}; those of another day are lost. */
    long unspentAt(Instant time) {
        return isOfDay(time) ? unspent : 0;
    }

    /** Units of {@code limit} that no call has used yet, here or where no executor took them. */
    long remainingAt(Instant time, long limit) {
        return isOfDay(time) ? Math.max(0, limit - granted) + unspent : limit;
    }

    void take(long nowNanos) {
        unspent--;
        lastUsedNanos = nowNanos;
    }

    /** Takes a unit back that was taken at {@code time}. */
    void returned(Instant time) {
        if (isOfDay(time)) {
            unspent++;
        }
    }

    /** Gives up what is left. */
    Optional<GiveBack> giveBack() {
        long units = unspent;
        unspent = 0;
        granted -= units;
        return units == 0
                ? Optional.empty()
                : Optional.of(new GiveBack(keyId, dayEnd.minus(1, ChronoUnit.DAYS), units));
    }

    private boolean isOfDay(Instant time) {
        return time.isBefore(dayEnd) && !time.isBefore(dayEnd.minus(1, ChronoUnit.DAYS));
    }
}

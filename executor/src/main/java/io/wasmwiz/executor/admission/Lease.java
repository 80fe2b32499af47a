package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.admission.QuotaAnswer.LeaseGrant;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * Units of an account's day that this executor may spend. Time is what passed, monotonically, since just before the lease
 * was requested: that is never less than what passed since its grant, so no unit is used past the use-by or the day.
 *
 * <p>Not thread-safe: guarded by the lock of its {@link AccountQuota}; the final fields and {@link #startByNanos} may be
 * read by anybody.
 */
final class Lease {
    final UUID id;
    final AccountQuota account;
    final int tierVersion;
    private final Instant grantedAt;
    private final long requestedAtNanos;
    private final long dayEndNanos;
    private final long heldBefore;
    private final long size;
    private volatile long startByNanos;
    private long unspent;
    private long outstanding;
    private long lastUsedNanos;
    private boolean retired;

    /** {@code grant} of {@code answer}; {@code heldAfter} is the day's held, the lease included. */
    Lease(
            AccountQuota account,
            QuotaAnswer answer,
            LeaseGrant grant,
            long heldAfter,
            long requestedAtNanos,
            long nowNanos) {
        this.id = grant.leaseId();
        this.account = account;
        this.tierVersion = answer.tier().version();
        this.grantedAt = answer.askedAt();
        this.requestedAtNanos = requestedAtNanos;
        this.dayEndNanos = requestedAtNanos
                + Duration.between(answer.askedAt(), answer.dayEnd()).toNanos();
        this.startByNanos = requestedAtNanos
                + Duration.between(answer.askedAt(), grant.useBy()).toNanos();
        this.heldBefore = heldAfter - grant.size();
        this.size = grant.size();
        this.unspent = grant.size();
        this.lastUsedNanos = nowNanos;
    }

    /** The store's time, or a little later; in whole microseconds, as it is stored. */
    Instant timeAt(long nowNanos) {
        return grantedAt.plusNanos(nowNanos - requestedAtNanos).truncatedTo(ChronoUnit.MICROS);
    }

    /** Reading of the monotonic clock from which on no run may start. */
    long startByNanos() {
        return startByNanos;
    }

    boolean isPastUseBy(long nowNanos) {
        return nowNanos - startByNanos >= 0;
    }

    /** Whether it is in use and near enough to its use-by to be renewed. */
    boolean wantsRenewal(long nowNanos, long durationNanos, long idleNanos) {
        return hasUnits()
                && nowNanos - lastUsedNanos < idleNanos
                && startByNanos - nowNanos < durationNanos / 2
                && startByNanos - dayEndNanos < 0;
    }

    /** It may be used for {@code usableNanos} from {@code requestedAtNanos}, but not past its day. */
    void renew(long requestedAtNanos, long usableNanos) {
        long renewed = requestedAtNanos + usableNanos;
        startByNanos = renewed - dayEndNanos < 0 ? renewed : dayEndNanos;
    }

    boolean isIdle(long nowNanos, long idleNanos) {
        return outstanding == 0 && nowNanos - lastUsedNanos >= idleNanos;
    }

    boolean hasUnits() {
        return unspent > 0;
    }

    long unspent() {
        return unspent;
    }

    /** Units of the account's day that executors held without those of this lease that are left. */
    long unitsBefore() {
        return heldBefore + size - unspent;
    }

    void take(long nowNanos) {
        unspent--;
        outstanding++;
        lastUsedNanos = nowNanos;
    }

    /** Ends the use of one unit; returned ones may be taken again unless the lease is retired. */
    void release(boolean returned, long nowNanos) {
        outstanding--;
        lastUsedNanos = nowNanos;
        if (returned) {
            unspent++;
        }
    }

    /** No unit leaves it from now on. */
    void retire() {
        retired = true;
    }

    /** Nothing will be taken from it and nothing is in use: its end may be published. */
    boolean isDone() {
        return outstanding == 0 && (retired || unspent == 0);
    }
}

package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.admission.LeaseGrant.Allowance;
import io.wasmwiz.executor.admission.LeaseGrant.Granted;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * Units of an account's day that this executor may spend. Time is what passed, monotonically, since just before the lease
 * was requested: that is never less than what passed since its grant, so no unit is used past the use-by or the day.
 *
 * <p>Not thread-safe: guarded by the lock of its {@link AccountLeases}; the final fields may be read by anybody.
 */
final class Lease {
    final UUID id;
    final AccountLeases account;
    final Allowance allowance;
    private final Instant grantedAt;
    private final long requestedAtNanos;
    private final long usableNanos;
    private long unspent;
    private long outstanding;
    private long lastUsedNanos;
    private boolean retired;

    Lease(AccountLeases account, Granted granted, long requestedAtNanos, long nowNanos) {
        this.id = granted.leaseId();
        this.account = account;
        this.allowance = granted.allowance();
        this.grantedAt = granted.grantedAt();
        this.requestedAtNanos = requestedAtNanos;
        this.usableNanos =
                Duration.between(granted.grantedAt(), granted.useBy()).toNanos();
        this.unspent = granted.size();
        this.lastUsedNanos = nowNanos;
    }

    /** The store's time, or a little later; in whole microseconds, as it is stored. */
    Instant timeAt(long nowNanos) {
        return grantedAt.plusNanos(nowNanos - requestedAtNanos).truncatedTo(ChronoUnit.MICROS);
    }

    /** Reading of the monotonic clock from which on no run may start. */
    long startByNanos() {
        return requestedAtNanos + usableNanos;
    }

    boolean isPastUseBy(long nowNanos) {
        return nowNanos - startByNanos() >= 0;
    }

    boolean isIdle(long nowNanos, long idleNanos) {
        return outstanding == 0 && nowNanos - lastUsedNanos >= idleNanos;
    }

    boolean hasUnits() {
        return unspent > 0;
    }

    /**
     * Units of the account's day that were taken before the next one of this lease. No two executors count the same unit
     * at the same time, so a key that stops at its own lower limit by this number never passes it.
     */
    long unitsBefore() {
        return allowance.held() - unspent;
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

package io.wasmwiz.executor.admission;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The open leases of one account, oldest first. All but those with units have one in use, so there are no more than calls
 * in progress.
 *
 * <p>Not thread-safe: guarded by the lock of its {@link AccountQuota}.
 */
final class AccountLeases {
    private final ArrayDeque<Lease> open = new ArrayDeque<>();
    private final Consumer<Lease> whenDone;
    private boolean returnedUnits;
    private long returnedUnitsNanos;

    /** {@code whenDone} is called once per lease when its end may be published. */
    AccountLeases(Consumer<Lease> whenDone) {
        this.whenDone = whenDone;
    }

    void add(Lease lease) {
        open.add(lease);
    }

    /** The oldest with a unit; retires those before it that may not be used any more. */
    @Nullable
    Lease usable(int tierVersion, long nowNanos) {
        for (Iterator<Lease> leases = open.iterator(); leases.hasNext(); ) {
            Lease lease = leases.next();
            // A newer version of the tier has other figures: its leases are taken anew.
            if (lease.isPastUseBy(nowNanos) || lease.tierVersion < tierVersion) {
                leases.remove();
                retire(lease, nowNanos);
            } else if (lease.hasUnits()) {
                return lease;
            }
        }
        return null;
    }

    /** Ends the use of a unit. */
    void release(Lease lease, boolean returned, long nowNanos) {
        lease.release(returned, nowNanos);
        if (lease.isDone()) {
            open.remove(lease);
            whenDone.accept(lease);
        }
    }

    /** Retires those that {@code condition} holds for; true when there were any. */
    boolean retireIf(Predicate<Lease> condition, long nowNanos) {
        List<Lease> retired = open.stream().filter(condition).toList();
        retired.forEach(lease -> {
            open.remove(lease);
            retire(lease, nowNanos);
        });
        return !retired.isEmpty();
    }

    private void retire(Lease lease, long nowNanos) {
        if (lease.hasUnits()) {
            returnedUnits = true;
            returnedUnitsNanos = nowNanos;
        }
        lease.retire();
        if (lease.isDone()) {
            whenDone.accept(lease);
        }
    }

    /** Whether units were given up after {@code sinceNanos}, which may be on their way through the log. */
    boolean returnedUnitsSince(long sinceNanos, long nowNanos) {
        return returnedUnits && returnedUnitsNanos - sinceNanos > 0 && nowNanos - returnedUnitsNanos >= 0;
    }

    void addRenewals(long nowNanos, long durationNanos, long idleNanos, List<Lease> renewals) {
        for (Lease lease : open) {
            if (lease.wantsRenewal(nowNanos, durationNanos, idleNanos)) {
                renewals.add(lease);
            }
        }
    }

    long unspent() {
        long units = 0;
        for (Lease lease : open) {
            units += lease.unspent();
        }
        return units;
    }

    boolean isEmpty() {
        return open.isEmpty();
    }
}

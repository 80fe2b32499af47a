package io.wasmwiz.executor.admission;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The allowances that all executors share. Taking a lease moves units of an account's day from free to held; only metering
 * moves them on, when it reads the lease's end in the event log. Leases of an executor that died are ended by metering
 * after their use-by. Units of minutes and of keys are taken for good.
 *
 * <p>Thread-safe; blocks on the store. Every method throws {@link StoreUnavailableException} when the store does not
 * answer; what it was to do may have been done all the same, and then ends as for an executor that died.
 */
interface QuotaStore {
    /** Takes what {@code request} lacks by the store's clock, in one trip; when the day is spent, asks others for theirs. */
    QuotaAnswer take(QuotaRequest request);

    /** Open leases of this executor that others ask for, newest request first, at most 10,000. */
    List<RecalledLease> recalled();

    /**
     * Moves the use-by of those of {@code leaseIds} that are open, not past it and not asked for to a full duration from
     * now, but not past their day.
     *
     * @return for how long from the store's looking each renewed one may be used; those that are missing were not renewed
     */
    Map<UUID, Duration> renew(Collection<UUID> leaseIds);

    /** Gives units of a key's day back that were taken and not used. */
    void giveBack(UUID keyId, Instant dayStart, long units);

    /** A lease that another executor asks for. */
    record RecalledLease(UUID leaseId, UUID accountId, String tier) {}

    /** The store does not answer. */
    final class StoreUnavailableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        StoreUnavailableException(Throwable cause) {
            super(cause);
        }
    }
}

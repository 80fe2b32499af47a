package io.wasmwiz.executor.admission;

import java.util.UUID;

/**
 * The daily allowances that all executors share. Taking a lease moves units of an account's day from free to held; only
 * metering moves them on, when it reads the lease's end in the event log. Leases of an executor that died are ended by
 * metering after their use-by.
 *
 * <p>Thread-safe; blocks on the store.
 */
interface QuotaLeases {
    /**
     * Takes a lease of today, by the store's clock.
     *
     * @throws StoreUnavailableException when the store does not answer; a lease may have been taken all the same, which
     *     then ends like one of an executor that died
     */
    LeaseGrant grant(LeaseRequest request);

    /**
     * Who asks for how much.
     *
     * @param accountId the account
     * @param tier the tier, whose limit counts
     * @param ceiling held may not pass this, even where the tier allows more
     * @param wanted units that are of use, at least 1
     * @param waiting calls that wait for a unit, at least 1
     */
    record LeaseRequest(UUID accountId, String tier, long ceiling, long wanted, long waiting) {}

    /** The store does not answer. */
    final class StoreUnavailableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        StoreUnavailableException(Throwable cause) {
            super(cause);
        }
    }
}

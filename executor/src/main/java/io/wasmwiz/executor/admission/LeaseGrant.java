package io.wasmwiz.executor.admission;

import java.time.Instant;
import java.util.UUID;

/** The answer to a request for a lease. Times are the store's. */
sealed interface LeaseGrant {
    /**
     * A lease.
     *
     * @param leaseId of the lease
     * @param grantedAt when it began; its UTC day is the lease's
     * @param useBy no unit may be used from here on; never after the end of the day
     * @param size units, at least 1
     * @param allowance of the day, the lease included
     */
    record Granted(UUID leaseId, Instant grantedAt, Instant useBy, long size, Allowance allowance)
            implements LeaseGrant {}

    /**
     * Nothing is left.
     *
     * @param askedAt when
     * @param resetsAt next UTC midnight
     * @param allowance of the day
     */
    record Spent(Instant askedAt, Instant resetsAt, Allowance allowance) implements LeaseGrant {}

    /**
     * An account's day.
     *
     * @param limit executions per day of the tier
     * @param charged units charged so far, as far as metering has read
     * @param held units taken and not returned, the charged ones included
     * @param executionsPerMinute of the tier
     * @param tierVersion whose figures these are
     */
    record Allowance(long limit, long charged, long held, int executionsPerMinute, int tierVersion) {}
}

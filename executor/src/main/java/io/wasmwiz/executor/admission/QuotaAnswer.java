package io.wasmwiz.executor.admission;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * The answer to a {@link QuotaRequest}. Times are the store's; counts include what was granted, and are empty for an
 * allowance that was left alone.
 *
 * @param askedAt when the store looked; its UTC day is the lease's
 * @param dayEnd next UTC midnight
 * @param minuteStart the minute of the minute units
 * @param tier the tier's limits
 * @param day the account's day
 * @param minuteGranted units of the minute that executors took
 * @param keyDayGranted units of the key's day that executors took; empty also when the key has the tier's limit
 * @param keyMinuteGranted the same of the key's minute
 * @param lease the day's units
 * @param minuteUnits units of the minute, 0 when none were asked for
 * @param keyDayUnits units of the key's day
 * @param keyMinuteUnits units of the key's minute
 * @param spent the allowance that had nothing left; then nothing was granted
 * @param returningSoon whether units of a spent day are being asked back from other executors
 */
record QuotaAnswer(
        Instant askedAt,
        Instant dayEnd,
        Instant minuteStart,
        TierLimits tier,
        Optional<DayCount> day,
        OptionalLong minuteGranted,
        OptionalLong keyDayGranted,
        OptionalLong keyMinuteGranted,
        Optional<LeaseGrant> lease,
        long minuteUnits,
        long keyDayUnits,
        long keyMinuteUnits,
        Optional<Dimension> spent,
        boolean returningSoon) {
    /** Executions per day and minute of a tier, and the version of these figures. */
    record TierLimits(long perDay, long perMinute, int version) {}

    /**
     * An account's day.
     *
     * @param charged units charged so far, as far as metering has read
     * @param held units taken and not returned, the charged ones included
     */
    record DayCount(long charged, long held) {}

    /**
     * A lease.
     *
     * @param leaseId UUIDv7 of the time of the grant
     * @param useBy no run may start from here on; never after the end of the day
     * @param size units, at least 1
     */
    record LeaseGrant(UUID leaseId, Instant useBy, long size) {}
}

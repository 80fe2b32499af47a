package io.wasmwiz.executor.admission;

import java.time.Duration;
import java.time.Instant;

/** The answer to "may this run?". */
public sealed interface Admission {
    /** Yes. The holder must {@link Permit#release} it exactly once. */
    record Admitted(Permit permit) implements Admission {}

    /** No; nothing was spent, except that a refusal may wait for the next minute. */
    sealed interface Refused extends Admission {
        /** When trying again may help. */
        Duration retryAfter();
    }

    /**
     * This UTC minute's units are all taken, by all executors together.
     *
     * @param held units that executors took; those that none used are lost with the minute
     */
    record MinuteQuotaSpent(String tier, long limit, long held, Instant resetsAt, Duration retryAfter)
            implements Refused {}

    /**
     * This UTC day's units are all held.
     *
     * @param charged units charged, as far as metering has read
     * @param held units that executors took and did not return, charged ones included
     */
    record DailyQuotaSpent(String tier, long limit, long charged, long held, Instant resetsAt, Duration retryAfter)
            implements Refused {}

    /**
     * The units of a key whose own limit is lower than its tier's are all taken, while its account may have some left.
     *
     * @param held units of the key that executors took
     */
    record KeyQuotaSpent(Period period, long limit, long held, Instant resetsAt, Duration retryAfter)
            implements Refused {}

    /** What a key's limit counts in. */
    enum Period {
        MINUTE,
        DAY
    }

    /** The account has this many executions in progress. */
    record ConcurrencySpent(String tier, int limit, Duration retryAfter) implements Refused {}

    /** This executor has as many executions in progress as it may. */
    record Overloaded(int limit, Duration retryAfter) implements Refused {}

    /** The database does not answer and no lease is at hand. */
    record Unavailable(Duration retryAfter) implements Refused {}
}

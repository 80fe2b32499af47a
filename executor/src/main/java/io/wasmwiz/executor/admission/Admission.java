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

    /** This UTC minute's executions have all started. */
    record MinuteQuotaSpent(String tier, long limit, Duration retryAfter) implements Refused {}

    /** This UTC day's units are all held. */
    record DailyQuotaSpent(String tier, long limit, long charged, long held, Instant resetsAt, Duration retryAfter)
            implements Refused {}

    /** The account has this many executions in progress. */
    record ConcurrencySpent(String tier, int limit, Duration retryAfter) implements Refused {}

    /** This executor has as many executions in progress as it may. */
    record Overloaded(int limit, Duration retryAfter) implements Refused {}

    /** The database does not answer and no lease is at hand. */
    record Unavailable(Duration retryAfter) implements Refused {}
}

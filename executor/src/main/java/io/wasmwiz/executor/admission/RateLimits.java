package io.wasmwiz.executor.admission;

import java.time.Duration;
import java.util.Optional;

/**
 * A caller's limits, and what is left of them as far as this executor knows without asking anybody.
 *
 * @param minute per UTC minute
 * @param day per UTC day
 */
public record RateLimits(Window minute, Window day) {
    /**
     * One limit.
     *
     * @param limit executions in the window
     * @param left empty as long as this executor has not asked for the account
     */
    public record Window(long limit, Optional<Left> left) {}

    /**
     * What is left.
     *
     * @param executions units that no call has used, here or where no executor took them, at least 0
     * @param resetsIn until the window ends
     */
    public record Left(long executions, Duration resetsIn) {}
}

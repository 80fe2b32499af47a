package io.wasmwiz.metering.reconcile;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * How workers reconcile by themselves.
 *
 * @param interval time from one reconciliation to the next, over all workers, 1 s to 24 h; zero: never
 * @param days UTC days that are looked at, today the last of them, 1 to 31
 * @param timeout longest that one may take, 1 s to 1 h; its snapshot keeps retention and vacuum waiting for as long
 */
public record ReconcileConfig(Duration interval, int days, Duration timeout) {
    /** Whether workers reconcile at all. */
    public boolean enabled() {
        return !interval.isZero();
    }

    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        if (enabled()) {
            problems.requireRange("--reconcile-interval in ms", interval.toMillis(), 1_000, 86_400_000);
        }
        problems.requireRange("--reconcile-days", days, 1, 31);
        problems.requireRange("--reconcile-timeout in ms", timeout.toMillis(), 1_000, 3_600_000);
    }
}

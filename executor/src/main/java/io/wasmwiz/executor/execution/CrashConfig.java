package io.wasmwiz.executor.execution;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * What becomes of accounts and modules that crash sandboxes.
 *
 * @param freePerDay {@code --free-crashes-per-day}: crashed runs of an account that a UTC day does not charge, 0 to 1,000,
 *     default 5; counted by each executor for itself
 * @param quarantineAfter {@code --quarantine-after}: crashes of a module within {@code quarantineWindow} that put it under
 *     quarantine, 1 to 100, default 3
 * @param quarantineWindow {@code --quarantine-window}: 1 s to 24 h, default 10 min
 * @param quarantineTime {@code --quarantine-time}: how long such a module is refused, 1 s to 24 h, default 30 min
 */
public record CrashConfig(int freePerDay, int quarantineAfter, Duration quarantineWindow, Duration quarantineTime) {
    private static final long DAY_MILLIS = 86_400_000;

    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.requireRange("--free-crashes-per-day", freePerDay, 0, 1_000);
        problems.requireRange("--quarantine-after", quarantineAfter, 1, 100);
        problems.requireRange("--quarantine-window in ms", quarantineWindow.toMillis(), 1_000, DAY_MILLIS);
        problems.requireRange("--quarantine-time in ms", quarantineTime.toMillis(), 1_000, DAY_MILLIS);
    }
}

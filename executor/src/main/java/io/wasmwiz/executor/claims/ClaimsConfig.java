package io.wasmwiz.executor.claims;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * How often a request may run, and how long its answer is kept on the executor that gave it.
 *
 * @param maxAttempts {@code --max-attempts-per-request}: runs of one request id, on all executors, 1 to 1,000, default 10
 * @param cacheBytes {@code --request-cache-bytes}: answers kept, 0 to 64 GiB, default 64 MiB
 * @param cacheEntries {@code --request-cache-entries}: the same, counted, 1 to 10,000,000, default 10,000
 * @param cacheTime {@code --request-cache-time}: how long an answer is kept, 1 s to 1 h, default 10 min
 */
public record ClaimsConfig(int maxAttempts, long cacheBytes, int cacheEntries, Duration cacheTime) {
    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.requireRange("--max-attempts-per-request", maxAttempts, 1, 1_000);
        problems.requireRange("--request-cache-bytes", cacheBytes, 0, 64L << 30);
        problems.requireRange("--request-cache-entries", cacheEntries, 1, 10_000_000);
        problems.requireRange("--request-cache-time in ms", cacheTime.toMillis(), 1_000, 3_600_000);
    }
}

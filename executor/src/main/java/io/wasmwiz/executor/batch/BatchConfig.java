package io.wasmwiz.executor.batch;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * What batches may take of this executor.
 *
 * @param inFlight {@code --batch-in-flight}: items of one batch between their start and the sending of their result, 1 to
 *     100,000, default 200; a tier's executions at once bound it, too
 * @param accountInFlight {@code --batch-account-in-flight}: the same of an account's batches together, 1 to 100,000,
 *     default 240
 * @param bytes {@code --batch-bytes}: inputs and outputs of such items of all batches, 1 MiB to 64 GiB, default 64 MiB; an
 *     account's part is a quarter, and one item may always be in progress
 * @param idle {@code --batch-idle-timeout}: how long a batch may be open without anything to do, 1 s to 1 h, default 1 min
 * @param stall {@code --batch-stall-timeout}: how long results may wait for their reader, 1 s to 1 h, default 1 min
 * @param patience {@code --batch-patience}: how long an item is tried again while the server, its queue or the account is
 *     busy, 0 s to 10 min, default 30 s
 * @param threads {@code --batch-threads}: threads that serve all batches, 1 to 64, default 2
 */
public record BatchConfig(
        int inFlight, int accountInFlight, long bytes, Duration idle, Duration stall, Duration patience, int threads) {
    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.requireRange("--batch-in-flight", inFlight, 1, 100_000);
        problems.requireRange("--batch-account-in-flight", accountInFlight, 1, 100_000);
        problems.requireRange("--batch-bytes", bytes, 1L << 20, 64L << 30);
        problems.requireRange("--batch-idle-timeout in ms", idle.toMillis(), 1_000, 3_600_000);
        problems.requireRange("--batch-stall-timeout in ms", stall.toMillis(), 1_000, 3_600_000);
        problems.requireRange("--batch-patience in ms", patience.toMillis(), 0, 600_000);
        problems.requireRange("--batch-threads", threads, 1, 64);
    }
}

package io.wasmwiz.executor.admission;

import io.wasmwiz.service.config.Problems;
import java.time.Duration;

/**
 * How much an executor admits, and how it takes its share of the daily allowances.
 *
 * @param executorId {@code --executor-id}: holder named in leases, 1 to 128 characters
 * @param maxInFlight {@code --max-in-flight}: executions in progress at most, 1 to 100,000, default 4,096
 * @param maxLeases {@code --admission-max-leases}: leases not yet closed at most, about one per active account, 1 to
 *     1,000,000, default 100,000; a call beyond that needs one is answered as overloaded
 * @param maxLeaseSize {@code --admission-max-lease-size}: units of a lease at most, unless more calls wait, 1 to 10,000,
 *     default 256
 * @param leaseDuration {@code --admission-lease-duration}: use-by of a lease after its grant, 5 s to 1 h, default 5 min
 * @param leaseIdle {@code --admission-lease-idle}: an unused lease is closed after this time, 1 s to 1 h, default 60 s
 * @param recallWait {@code --admission-recall-wait}: longest wait of a call for units of a spent day that other executors
 *     are asked to return, 0 to 10 s, default 2 s; 0 refuses at once, and others are asked all the same
 * @param maxWaiting {@code --admission-max-waiting}: calls of one account that wait for a grant at most, 1 to 100,000,
 *     default 1,000; a call beyond is answered as overloaded
 * @param maxMinuteLimiters {@code --admission-max-minute-limiters}: accounts and keys whose current minute is remembered at
 *     most, 1,000 to 10,000,000, default 200,000; units of one that is forgotten are lost, so set it above twice the accounts
 *     and limited keys that are active in a minute
 * @param databaseThreads {@code --admission-database-threads}: grants requested at once, 1 to 64, default 4
 * @param databaseQueue {@code --admission-database-queue}: grants waiting for such a thread, 1 to 100,000, default 1,000
 * @param drainTimeout {@code --admission-drain-timeout}: longest wait for leases to close when the executor stops, 0 to 10
 *     min, default 15 s
 */
public record AdmissionConfig(
        String executorId,
        int maxInFlight,
        int maxLeases,
        int maxLeaseSize,
        Duration leaseDuration,
        Duration leaseIdle,
        Duration recallWait,
        int maxWaiting,
        int maxMinuteLimiters,
        int databaseThreads,
        int databaseQueue,
        Duration drainTimeout) {
    /** Between two looks at a spent day whose units may come back. */
    static final Duration RECALL_PAUSE = Duration.ofMillis(100);

    /** The defaults above. */
    public static AdmissionConfig defaults(String executorId) {
        return new AdmissionConfig(
                executorId,
                4_096,
                100_000,
                256,
                Duration.ofMinutes(5),
                Duration.ofSeconds(60),
                Duration.ofSeconds(2),
                1_000,
                200_000,
                4,
                1_000,
                Duration.ofSeconds(15));
    }

    /** Looks at a spent day after which a call waits no longer. */
    int maxRecalls() {
        return Math.toIntExact(recallWait.dividedBy(RECALL_PAUSE));
    }

    /** Notes what is wrong with it. */
    public void check(Problems problems) {
        problems.requireRange("length of --executor-id", executorId.length(), 1, 128);
        problems.requireRange("--max-in-flight", maxInFlight, 1, 100_000);
        problems.requireRange("--admission-max-leases", maxLeases, 1, 1_000_000);
        problems.requireRange("--admission-max-lease-size", maxLeaseSize, 1, 10_000);
        problems.requireRange("--admission-lease-duration in ms", leaseDuration.toMillis(), 5_000, 3_600_000);
        problems.requireRange("--admission-lease-idle in ms", leaseIdle.toMillis(), 1_000, 3_600_000);
        problems.requireRange("--admission-recall-wait in ms", recallWait.toMillis(), 0, 10_000);
        problems.requireRange("--admission-max-waiting", maxWaiting, 1, 100_000);
        problems.requireRange("--admission-max-minute-limiters", maxMinuteLimiters, 1_000, 10_000_000);
        problems.requireRange("--admission-database-threads", databaseThreads, 1, 64);
        problems.requireRange("--admission-database-queue", databaseQueue, 1, 100_000);
        problems.requireRange("--admission-drain-timeout in ms", drainTimeout.toMillis(), 0, 600_000);
    }
}

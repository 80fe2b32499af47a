package io.wasmwiz.executor.admission;

import java.time.Duration;

/** Configurations of executors that share a store. */
final class Configs {
    static final Duration LEASE = Duration.ofMinutes(5);

    private Configs() {}

    static AdmissionConfig executor(String id) {
        return with(id, Duration.ZERO, 10_000, 10_000);
    }

    static AdmissionConfig waiting(String id, Duration recallWait) {
        return with(id, recallWait, 10_000, 10_000);
    }

    static AdmissionConfig with(String id, Duration recallWait, int maxInFlight, int maxWaiting) {
        return new AdmissionConfig(
                id,
                maxInFlight,
                1_000,
                256,
                LEASE,
                Duration.ofSeconds(60),
                recallWait,
                maxWaiting,
                1_000,
                2,
                1_000,
                Duration.ofSeconds(5));
    }
}

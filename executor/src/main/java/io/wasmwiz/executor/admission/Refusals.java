package io.wasmwiz.executor.admission;

import java.time.Duration;

/** Refusals that do not depend on an account, with the pauses after which trying again makes sense. Stateless. */
final class Refusals {
    /** A call in progress may end at any moment. */
    static final Duration CONCURRENCY_RETRY = Duration.ofMillis(100);

    private static final Duration BUSY_RETRY = Duration.ofMillis(500);
    private static final Duration AWAY_RETRY = Duration.ofSeconds(1);

    private Refusals() {}

    static Admission.Refused overloaded(int limit) {
        return new Admission.Overloaded(limit, BUSY_RETRY);
    }

    static Admission.Refused unavailable() {
        return new Admission.Unavailable(AWAY_RETRY);
    }
}

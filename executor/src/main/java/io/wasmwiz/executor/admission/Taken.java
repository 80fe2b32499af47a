package io.wasmwiz.executor.admission;

import java.time.Instant;
import java.util.Optional;

/** What came of asking for a unit of an account's day, minute and key. */
sealed interface Taken {
    /**
     * One unit of each, which must be released.
     *
     * @param lease the day's unit is taken from
     * @param key the key whose own day a unit was taken from
     * @param admittedAt when, by the store's clock
     * @param remaining units of the day left to the caller after this one
     */
    record Unit(Lease lease, Optional<KeyUnits> key, Instant admittedAt, long remaining) implements Taken {}

    /** None. */
    record Refused(Admission.Refused refusal) implements Taken {}
}

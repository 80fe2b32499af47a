package io.wasmwiz.executor.admission;

import java.time.Instant;

/** What came of asking for a unit of an account's day. */
sealed interface Taken {
    /**
     * One unit, which must be released.
     *
     * @param lease it is taken from
     * @param admittedAt when, by the store's clock
     * @param remaining units left to the caller after this one
     */
    record Unit(Lease lease, Instant admittedAt, long remaining) implements Taken {}

    /** None. */
    record Refused(Admission.Refused refusal) implements Taken {}
}

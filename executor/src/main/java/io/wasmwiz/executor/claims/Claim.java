package io.wasmwiz.executor.claims;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Optional;
import java.util.UUID;

/** The answer to a request that claims its id. */
public sealed interface Claim {
    /**
     * It may run once more; the attempt is counted until it is given back.
     *
     * @param executionId of all its attempts, UUIDv7
     * @param day UTC day in {@code executionId}: only a lease of this day can pay
     * @param payment present when a row is charged already: then nothing is to be paid
     */
    record Granted(UUID executionId, LocalDate day, Optional<Payment> payment) implements Claim {}

    /** It may not run. */
    record Refused(Reason reason) implements Claim {}

    /** The charged row of an execution. */
    record Payment(UUID leaseId, Instant admittedAt) {}

    /** Why a request may not run. */
    enum Reason {
        /** The id came before, with other content. */
        OTHER_CONTENT,
        /** It ran as often as it may. */
        ATTEMPTS_SPENT,
        /** Its first run is so long ago that the ledger forgets it soon. */
        EXPIRED,
        /** Its day is over, and whether it was charged is not certain yet; some minutes later it is. */
        SETTLING
    }
}

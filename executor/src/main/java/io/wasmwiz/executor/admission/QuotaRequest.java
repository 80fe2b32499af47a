package io.wasmwiz.executor.admission;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * What some waiting calls of one account lack. All of it is granted, or nothing.
 *
 * @param accountId the account
 * @param tier the tier, whose limits count
 * @param day units of the UTC day, as a lease
 * @param minuteStart the minute that the calls are in as far as this executor knows; empty: the store's
 * @param minute units of that minute
 * @param key the key of the calls, where it may have limits of its own
 */
record QuotaRequest(
        UUID accountId, String tier, Ask day, Optional<Instant> minuteStart, Ask minute, Optional<KeyAsk> key) {
    /**
     * Units of one allowance.
     *
     * @param wanted units that are of use
     * @param waiting calls that wait for one; 0: the allowance is left alone
     */
    record Ask(long wanted, long waiting) {
        static final Ask NOTHING = new Ask(0, 0);

        /** For what {@code calls} lack when {@code atHand} units are there. */
        static Ask forLack(long wanted, long calls, long atHand) {
            return atHand >= calls ? NOTHING : new Ask(wanted, calls - atHand);
        }
    }

    /** Units of a key's own limits; a limit that is not below the tier's is left alone. */
    record KeyAsk(UUID keyId, long dayLimit, Ask day, long minuteLimit, Ask minute) {}
}

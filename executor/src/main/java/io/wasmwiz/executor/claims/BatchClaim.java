package io.wasmwiz.executor.claims;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The answer to a batch that claims its id. */
public sealed interface BatchClaim {
    /**
     * Its items may run.
     *
     * @param days on which it ran, the newest first: an item that is not charged takes its id from that one
     */
    record Granted(UUID batchId, List<Day> days) implements BatchClaim {
        public Granted {
            days = List.copyOf(days);
            if (days.isEmpty()) {
                throw new IllegalArgumentException("a batch has a day");
            }
        }
    }

    /** They may not. */
    record Refused(Claim.Reason reason) implements BatchClaim {}

    /**
     * A UTC day of a batch.
     *
     * @param seed a UUIDv7 of that day
     */
    record Day(LocalDate day, UUID seed) {
        /**
         * The execution id of an item on this day: a UUIDv7 with the seed's time, whose other bits are the first of SHA-256
         * over the seed (16 bytes), the content's hash (32 bytes) and the item id (UTF-8).
         */
        public UUID executionId(String itemId, ContentHash content) {
            MessageDigest sha256 = sha256();
            sha256.update(ByteBuffer.allocate(16)
                    .putLong(seed.getMostSignificantBits())
                    .putLong(seed.getLeastSignificantBits())
                    .flip());
            content.addTo(sha256);
            ByteBuffer hash = ByteBuffer.wrap(sha256.digest(itemId.getBytes(StandardCharsets.UTF_8)));
            return new UUID(
                    seed.getMostSignificantBits() & 0xffff_ffff_ffff_f000L | hash.getLong() & 0xfffL,
                    0x8000_0000_0000_0000L | hash.getLong() & 0x3fff_ffff_ffff_ffffL);
        }

        private static MessageDigest sha256() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform has SHA-256", e);
            }
        }
    }

    /**
     * An item of a claimed batch.
     *
     * @param executionId of all its runs
     * @param day UTC day in {@code executionId}: only a lease of this day can pay
     * @param payment present when it is charged already
     * @param mayRun whether it may run: always as long as it is not charged, else as often as the batch's reruns allow
     */
    record Item(UUID executionId, LocalDate day, Optional<Claim.Payment> payment, boolean mayRun) {}
}

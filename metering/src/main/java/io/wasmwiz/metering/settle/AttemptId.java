package io.wasmwiz.metering.settle;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * The id of an uncharged row whose execution may still be charged: one of several runs of a request id, or of an item of a claimed batch. It must not take the
 * execution's own id, which is the charged row's, so it has one that follows from its place in the log. Stateless.
 *
 * <p>A UUIDv7 (RFC 9562, section 5.7) with the time, and so the day, of the execution id; its other bits are the first of
 * SHA-256 over the execution id, the log partition and the offset (16, 4 and 8 bytes, big-endian). The topic's own id is not
 * in it: the execution id has 74 random bits, so the same execution at the same place of two topics is the same event, copied.
 */
public final class AttemptId {
    private AttemptId() {}

    /** The id that the event of {@code execution} at this place has as an uncharged row. */
    public static UUID of(UUID execution, int partition, long offset) {
        byte[] place = ByteBuffer.allocate(28)
                .putLong(execution.getMostSignificantBits())
                .putLong(execution.getLeastSignificantBits())
                .putInt(partition)
                .putLong(offset)
                .array();
        ByteBuffer hash = ByteBuffer.wrap(sha256().digest(place));
        return new UUID(
                execution.getMostSignificantBits() & 0xffff_ffff_ffff_f000L | hash.getLong() & 0xfffL,
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

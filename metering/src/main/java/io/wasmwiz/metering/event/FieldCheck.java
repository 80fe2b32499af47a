package io.wasmwiz.metering.event;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of one message and notes every fault, so that a dead event names all of them. A field at fault yields
 * a value of its type that means nothing. Not thread-safe.
 */
final class FieldCheck {
    private static final UUID NO_UUID = new UUID(0, 0);
    private static final long MILLIS_PER_DAY = 86_400_000L;

    /** The years that PostgreSQL and {@link Instant} both hold, by far enough; the day's own check is narrower. */
    private static final long MAX_SECONDS = 253_402_300_799L;

    private final List<String> faults = new ArrayList<>(0);

    boolean hasFaults() {
        return !faults.isEmpty();
    }

    String faults() {
        return String.join("; ", faults);
    }

    void require(boolean condition, String fault) {
        if (!condition) {
            faults.add(fault);
        }
    }

    UUID uuid(String field, ByteString bytes) {
        if (bytes.size() != 16) {
            faults.add("%s must be 16 bytes, was %d".formatted(field, bytes.size()));
            return NO_UUID;
        }
        return new UUID(bigEndian(bytes, 0), bigEndian(bytes, 8));
    }

    @Nullable
    UUID optionalUuid(String field, ByteString bytes) {
        return bytes.isEmpty() ? null : uuid(field, bytes);
    }

    UUID uuidV7(String field, ByteString bytes) {
        UUID id = uuid(field, bytes);
        if (bytes.size() == 16 && (id.version() != 7 || id.variant() != 2)) {
            faults.add("%s must be a UUIDv7, was %s".formatted(field, id));
        }
        return id;
    }

    /** The UTC day of the time inside a UUIDv7. */
    static LocalDate dayOf(UUID uuidV7) {
        return LocalDate.ofEpochDay((uuidV7.getMostSignificantBits() >>> 16) / MILLIS_PER_DAY);
    }

    byte[] bytes(String field, ByteString bytes, int size) {
        if (bytes.size() != size) {
            faults.add("%s must be %d bytes, was %d".formatted(field, size, bytes.size()));
        }
        return bytes.toByteArray();
    }

    /** Bounds count characters as PostgreSQL does: code points. */
    String text(String field, String text, int minimum, int maximum) {
        int length = text.codePointCount(0, text.length());
        if (length < minimum || length > maximum) {
            faults.add("%s must be %d to %d characters, was %d".formatted(field, minimum, maximum, length));
        }
        if (text.indexOf('\0') >= 0) {
            faults.add(field + " must not hold the character NUL");
        }
        return text;
    }

    /** An unsigned 32-bit field from 1 that the ledger holds in a signed one. */
    int positive(String field, int unsigned) {
        return range(field, unsigned, 1, Integer.MAX_VALUE);
    }

    int range(String field, int unsigned, int minimum, int maximum) {
        long value = Integer.toUnsignedLong(unsigned);
        if (value < minimum || value > maximum) {
            faults.add("%s must be %d to %d, was %d".formatted(field, minimum, maximum, value));
        }
        return unsigned;
    }

    /** An unsigned 64-bit field that the ledger holds in a signed one. */
    long figure(String field, long unsigned) {
        if (unsigned < 0) {
            faults.add("%s must be 0 to %d, was %s".formatted(field, Long.MAX_VALUE, Long.toUnsignedString(unsigned)));
        }
        return unsigned;
    }

    Instant time(String field, boolean present, Timestamp time) {
        boolean valid = present
                && time.getSeconds() >= 0
                && time.getSeconds() <= MAX_SECONDS
                && time.getNanos() >= 0
                && time.getNanos() < 1_000_000_000;
        if (!valid) {
            faults.add(
                    present
                            ? "%s must lie in the years 1970 to 9999, was %d s and %d ns"
                                    .formatted(field, time.getSeconds(), time.getNanos())
                            : "%s must be set".formatted(field));
            return Instant.EPOCH;
        }
        return Instant.ofEpochSecond(time.getSeconds(), time.getNanos()).truncatedTo(ChronoUnit.MICROS);
    }

    private static long bigEndian(ByteString bytes, int from) {
        long value = 0;
        for (int i = from; i < from + 8; i++) {
            value = value << 8 | (bytes.byteAt(i) & 0xff);
        }
        return value;
    }
}

package io.wasmwiz.executor.admission;

import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.UUID;

/** UUIDv7 (RFC 9562, section 5.7) whose time is given rather than read from a clock. Thread-safe. */
final class TimedIds {
    private final TimeBasedEpochGenerator generator = new TimeBasedEpochGenerator(new SecureRandom());

    /** A new id with exactly this time, in milliseconds. */
    UUID at(Instant time) {
        return generator.construct(time.toEpochMilli());
    }
}

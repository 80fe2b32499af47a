package io.wasmwiz.cli.text;

import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Points in time as people read them: UTC, in ISO 8601. */
public final class Times {
    private Times() {}

    /** To the second, for example {@code 2026-01-31T12:00:00Z}. */
    public static String second(Timestamp timestamp) {
        return instant(timestamp).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** The same point in time. */
    public static Instant instant(Timestamp timestamp) {
        return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
    }
}

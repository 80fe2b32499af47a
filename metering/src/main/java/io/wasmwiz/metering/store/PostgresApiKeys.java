package io.wasmwiz.metering.store;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** {@code api_keys.last_used_at}. */
final class PostgresApiKeys {
    // The inner query locks in the order of ids, so that two workers cannot wait for each other.
    private static final String TOUCH = """
            UPDATE api_keys SET last_used_at = touched.at
            FROM (SELECT k.id, used.at
                  FROM api_keys k
                  JOIN (SELECT id, timestamptz 'epoch' + us * interval '1 microsecond' AS at
                        FROM unnest(:ids, :micros) AS u (id, us)) used ON used.id = k.id
                  WHERE k.last_used_at IS NULL
                     OR used.at > k.last_used_at + :granularityMillis * interval '1 millisecond'
                  ORDER BY k.id
                  FOR NO KEY UPDATE OF k) touched
            WHERE api_keys.id = touched.id
            """;

    private PostgresApiKeys() {}

    /** Moves the keys' last use forward where it is newer by more than {@code granularity}; unknown keys are skipped. */
    static void touch(Handle handle, Map<UUID, Instant> lastUsed, Duration granularity) {
        if (lastUsed.isEmpty()) {
            return;
        }
        handle.createUpdate(TOUCH)
                .bindArray("ids", UUID.class, lastUsed.keySet().toArray())
                .bindArray(
                        "micros",
                        Long.class,
                        lastUsed.values().stream()
                                .map(at -> ChronoUnit.MICROS.between(Instant.EPOCH, at))
                                .toArray())
                .bind("granularityMillis", granularity.toMillis())
                .execute();
    }
}

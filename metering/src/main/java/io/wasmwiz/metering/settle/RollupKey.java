package io.wasmwiz.metering.settle;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a row of {@code usage_rollups} or {@code usage_day_rollups} sums up.
 *
 * @param start of the UTC hour or day of admission
 * @param apiKeyId null: runs without a key
 * @param moduleDigest 32 bytes, not to be changed
 */
public record RollupKey(
        UUID accountId, Instant start, @Nullable UUID apiKeyId, ByteBuffer moduleDigest, String status, String tier) {
    static RollupKey ofHour(LedgerRow row) {
        return new RollupKey(
                row.event().accountId(),
                row.event().admittedAt().truncatedTo(ChronoUnit.HOURS),
                row.event().apiKeyId(),
                ByteBuffer.wrap(row.event().moduleDigest()),
                row.event().status(),
                row.event().tier());
    }

    RollupKey ofDay() {
        return new RollupKey(accountId, start.truncatedTo(ChronoUnit.DAYS), apiKeyId, moduleDigest, status, tier);
    }
}

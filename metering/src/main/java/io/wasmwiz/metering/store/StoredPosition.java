package io.wasmwiz.metering.store;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code log_positions}.
 *
 * @param topicId Kafka's id of the topic that was read
 * @param nextOffset first offset that is not in the ledger
 * @param leaderEpoch leader epoch of the last record that is, null where unknown
 */
public record StoredPosition(
        UUID topicId, long nextOffset, @Nullable Integer leaderEpoch) {}

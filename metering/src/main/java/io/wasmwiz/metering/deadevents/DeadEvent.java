package io.wasmwiz.metering.deadevents;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code dead_events}.
 *
 * @param id with its topic's id
 * @param createdAt when metering put it aside
 * @param replayedAt when it was published anew; null: never
 */
record DeadEvent(
        DeadEventId id,
        String reason,
        String detail,
        Instant createdAt,
        @Nullable Instant replayedAt,
        byte @Nullable [] key,
        byte @Nullable [] value) {}

package io.wasmwiz.metering.consume;

import java.util.Optional;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.jspecify.annotations.Nullable;

/**
 * A place in a partition: the first offset that was not read, and the leader epoch of the record before it, null where
 * unknown. The epoch lets the consumer find out that the log was cut and written anew.
 */
record LogPosition(long offset, @Nullable Integer leaderEpoch) {
    OffsetAndMetadata forKafka() {
        return new OffsetAndMetadata(offset, Optional.ofNullable(leaderEpoch), "");
    }
}

package io.wasmwiz.executor.export;

import java.util.UUID;

/**
 * A partition of the event log.
 *
 * @param topicId Kafka's id of the topic: one made anew under the same name is another
 */
record LogPartition(UUID topicId, int partition) implements Comparable<LogPartition> {
    @Override
    public int compareTo(LogPartition other) {
        int topics = topicId.compareTo(other.topicId);
        return topics != 0 ? topics : Integer.compare(partition, other.partition);
    }
}

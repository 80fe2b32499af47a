package io.wasmwiz.metering.consume;

import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/**
 * The assigned partitions and where each stands. Changed by the loop alone; {@link #known} and {@link #count} may be
 * called from anywhere.
 */
final class Positions {
    private final Map<TopicPartition, LogPosition> placed = new ConcurrentHashMap<>();
    private final Set<TopicPartition> unplaced = new HashSet<>();
    private final Set<TopicPartition> stalled = new HashSet<>();

    /** Assigned, and its position is to be looked up. */
    void assigned(TopicPartition partition) {
        gone(partition);
        unplaced.add(partition);
    }

    void placed(TopicPartition partition, LogPosition position) {
        unplaced.remove(partition);
        placed.put(partition, position);
    }

    /** Moves on a placed partition; one that is stalled or gone stays so. */
    void advanced(TopicPartition partition, LogPosition position) {
        placed.replace(partition, position);
    }

    void stalled(TopicPartition partition) {
        gone(partition);
        stalled.add(partition);
    }

    void gone(TopicPartition partition) {
        unplaced.remove(partition);
        placed.remove(partition);
        stalled.remove(partition);
    }

    boolean isAssigned(TopicPartition partition) {
        return placed.containsKey(partition) || unplaced.contains(partition) || stalled.contains(partition);
    }

    Set<TopicPartition> unplaced() {
        return Collections.unmodifiableSet(unplaced);
    }

    /** Partition to where the ledger ends, as far as this worker knows. */
    Map<TopicPartition, LogPosition> placed() {
        return Collections.unmodifiableMap(placed);
    }

    /** A copy of {@link #placed}. */
    Map<TopicPartition, LogPosition> known() {
        return Map.copyOf(placed);
    }

    /** Partitions that are read. */
    int count() {
        return placed.size();
    }
}

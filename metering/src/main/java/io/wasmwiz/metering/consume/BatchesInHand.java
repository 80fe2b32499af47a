package io.wasmwiz.metering.consume;

import io.wasmwiz.metering.event.LogBatch;
import io.wasmwiz.metering.event.PartitionRange;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** What was read and is not written: the batch that is written next, and at most one that follows it. The loop's alone. */
final class BatchesInHand {
    private static final int MAX_BATCHES = 2;

    /**
     * A batch.
     *
     * @param topic which topic it is of: asked after it was read
     */
    record InHand(LogBatch batch, EventTopic.IdQuestion topic) {}

    private final String topicName;
    private final ArrayDeque<InHand> batches = new ArrayDeque<>(MAX_BATCHES);

    BatchesInHand(String topicName) {
        this.topicName = topicName;
    }

    boolean isEmpty() {
        return batches.isEmpty();
    }

    boolean isFull() {
        return batches.size() == MAX_BATCHES;
    }

    /** The one to be written next; null: none. */
    @Nullable
    InHand first() {
        return batches.peek();
    }

    /** Adds what continues {@link #ends}. */
    void add(InHand next) {
        if (isFull()) {
            throw new IllegalStateException("there are " + MAX_BATCHES + " batches in hand already");
        }
        batches.add(next);
    }

    /** Puts {@code instead} in the place of the first. */
    void replaceFirst(InHand instead) {
        batches.remove();
        batches.addFirst(instead);
    }

    /** Takes away the first, which was written or refused. */
    LogBatch remove() {
        return batches.remove().batch();
    }

    /** Drops the records of {@code partitions}, which are not this worker's any more or are read anew. */
    void drop(Set<Integer> partitions) {
        for (int left = batches.size(); left > 0; left--) {
            InHand inHand = batches.remove();
            LogBatch kept = inHand.batch().without(partitions);
            if (!kept.isEmpty()) {
                batches.add(new InHand(kept, inHand.topic()));
            }
        }
    }

    /** Where the next batch starts: {@code placed}, and beyond what is in hand. */
    Map<TopicPartition, LogPosition> ends(Map<TopicPartition, LogPosition> placed) {
        Map<TopicPartition, LogPosition> ends = new HashMap<>(placed);
        for (InHand inHand : batches) {
            for (PartitionRange range : inHand.batch().ranges()) {
                ends.replace(
                        new TopicPartition(topicName, range.partition()),
                        new LogPosition(range.next(), range.nextEpoch()));
            }
        }
        return ends;
    }
}

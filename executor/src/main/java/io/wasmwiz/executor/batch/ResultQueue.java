package io.wasmwiz.executor.batch;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Results on their way to the client, as they came or in the order of their items. Not thread-safe. */
final class ResultQueue {
    private final ArrayDeque<ItemResult> sendable = new ArrayDeque<>();
    private final Map<Long, ItemResult> early = new HashMap<>();
    private long nextNumber;

    /**
     * Adds the result of the item with this number.
     *
     * @param inOrder whether it goes behind the results of all items with lower numbers; the same for all
     */
    void add(long number, ItemResult result, boolean inOrder) {
        if (!inOrder) {
            sendable.add(result);
            return;
        }
        early.put(number, result);
        for (ItemResult next = takeEarly(); next != null; next = takeEarly()) {
            sendable.add(next);
        }
    }

    private @Nullable ItemResult takeEarly() {
        ItemResult next = early.remove(nextNumber);
        if (next != null) {
            nextNumber++;
        }
        return next;
    }

    /** Whether one may be sent. */
    boolean hasNext() {
        return !sendable.isEmpty();
    }

    /** The next to be sent; throws {@link NoSuchElementException} when there is none. */
    ItemResult next() {
        return sendable.remove();
    }

    /** Results that are here, whether or not they may be sent yet. */
    int size() {
        return sendable.size() + early.size();
    }

    /** All that are here, which no longer are. */
    Iterable<ItemResult> removeAll() {
        ArrayDeque<ItemResult> all = new ArrayDeque<>(sendable);
        all.addAll(early.values());
        sendable.clear();
        early.clear();
        return all;
    }
}

package io.wasmwiz.executor.batch;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;

/**
 * The ids of the items that came last, so that a repeat is told whatever the length of its batch: memory is bounded, and so
 * is how far back a repeat is recognized. Not thread-safe.
 */
final class RecentItems {
    /** Some 2 MB of short ids, 6 MB of the longest. */
    static final int CAPACITY = 16_384;

    private final Set<String> ids = new HashSet<>();
    private final ArrayDeque<String> order = new ArrayDeque<>();
    private final int capacity;

    RecentItems(int capacity) {
        this.capacity = capacity;
    }

    /** Remembers {@code itemId}, forgetting the oldest where need be; false when it is among those remembered. */
    boolean add(String itemId) {
        if (!ids.add(itemId)) {
            return false;
        }
        order.add(itemId);
        if (order.size() > capacity) {
            ids.remove(order.remove());
        }
        return true;
    }
}

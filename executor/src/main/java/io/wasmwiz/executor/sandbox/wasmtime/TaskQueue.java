package io.wasmwiz.executor.sandbox.wasmtime;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Tasks in the order of their arrival, at most a fixed number of them. Unlike the JDK's queues it removes from its
 * middle in constant time, so cancelling many waiting runs at once costs little. Thread-safe.
 */
final class TaskQueue {
    /** What became of an offer. */
    enum Offer {
        TAKEN,
        FULL,
        CLOSED
    }

    private final Set<Task> waiting = new LinkedHashSet<>();
    private final int capacity;
    private boolean closed;

    TaskQueue(int capacity) {
        this.capacity = capacity;
    }

    synchronized Offer offer(Task task) {
        if (closed) {
            return Offer.CLOSED;
        }
        if (waiting.size() >= capacity) {
            return Offer.FULL;
        }
        waiting.add(task);
        notify();
        return Offer.TAKEN;
    }

    /** Waits for a task; empty once the queue is closed. */
    synchronized Optional<Task> take() throws InterruptedException {
        while (waiting.isEmpty() && !closed) {
            wait();
        }
        var tasks = waiting.iterator();
        if (closed || !tasks.hasNext()) {
            return Optional.empty();
        }
        Task first = tasks.next();
        tasks.remove();
        return Optional.of(first);
    }

    /** Whether the task was still waiting. */
    synchronized boolean remove(Task task) {
        return waiting.remove(task);
    }

    synchronized int size() {
        return waiting.size();
    }

    /** Refuses what comes and returns what was waiting. */
    synchronized List<Task> close() {
        closed = true;
        notifyAll();
        List<Task> left = List.copyOf(waiting);
        waiting.clear();
        return left;
    }
}

package io.wasmwiz.executor.events;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/** Records that were sent and not answered: at most a fixed number, in the order they were sent. Thread-safe. */
final class InFlightRecords {
    private final int maximum;
    /** Ticket to the nano time it was taken, oldest first. */
    private final Map<Long, Long> takenAt = new LinkedHashMap<>();

    private long lastTicket;

    InFlightRecords(int maximum) {
        this.maximum = maximum;
    }

    /** A ticket for one record; empty when there are as many as there may be. */
    synchronized OptionalLong take(long nowNanos) {
        if (takenAt.size() >= maximum) {
            return OptionalLong.empty();
        }
        takenAt.put(++lastTicket, nowNanos);
        return OptionalLong.of(lastTicket);
    }

    synchronized boolean hasRoom() {
        return takenAt.size() < maximum;
    }

    synchronized void resolve(long ticket) {
        takenAt.remove(ticket);
    }

    /** Age of the oldest, 0 when there is none. */
    synchronized long oldestAgeNanos(long nowNanos) {
        return takenAt.isEmpty() ? 0 : nowNanos - takenAt.values().iterator().next();
    }

    synchronized int size() {
        return takenAt.size();
    }
}

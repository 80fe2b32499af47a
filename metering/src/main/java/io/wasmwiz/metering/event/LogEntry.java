package io.wasmwiz.metering.event;

import org.jspecify.annotations.Nullable;

/**
 * A record of the event log at its place. Key and value are kept as they came, for {@code dead_events}; nobody changes
 * them.
 */
public record LogEntry(int partition, long offset, byte @Nullable [] key, byte @Nullable [] value, Decoded decoded) {
    /** The same record, found to be no row after all. */
    public LogEntry dead(DeadReason reason, String detail) {
        return new LogEntry(partition, offset, key, value, new Decoded.Dead(reason, detail));
    }
}

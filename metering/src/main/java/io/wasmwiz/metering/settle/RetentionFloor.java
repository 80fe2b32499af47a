package io.wasmwiz.metering.settle;

import io.wasmwiz.metering.event.DeadReason;
import io.wasmwiz.metering.event.Decoded;
import io.wasmwiz.metering.event.LogEntry;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What retention makes of a batch. The rows of days below the floor are gone or going, so an execution of such a day
 * cannot be looked up any more: whether it had its effect is told by its place in the log alone.
 *
 * @param floor the oldest day that the ledger keeps
 * @param consumed log partition to the end of what was ever read of it
 */
public record RetentionFloor(LocalDate floor, Map<Integer, Long> consumed) {
    public RetentionFloor {
        consumed = Map.copyOf(consumed);
    }

    /**
     * A batch after retention.
     *
     * @param entries what remains to be settled, in the same order
     * @param skipped executions below the floor that had their effect when they were read first
     */
    public record Kept(List<LogEntry> entries, int skipped) {}

    /** Skips what is below the floor and was read before; what is below it and was not is dead. */
    public Kept apply(List<LogEntry> entries) {
        if (entries.stream().noneMatch(this::isBelow)) {
            return new Kept(entries, 0);
        }
        List<LogEntry> kept = new ArrayList<>(entries.size());
        for (LogEntry entry : entries) {
            if (!isBelow(entry)) {
                kept.add(entry);
            } else if (entry.offset() >= consumed.getOrDefault(entry.partition(), 0L)) {
                kept.add(entry.dead(
                        DeadReason.BELOW_RETENTION,
                        "the execution's day is below the retention floor %s".formatted(floor)));
            }
        }
        return new Kept(kept, entries.size() - kept.size());
    }

    private boolean isBelow(LogEntry entry) {
        return entry.decoded() instanceof Decoded.Execution execution
                && execution.event().day().isBefore(floor);
    }
}

package io.wasmwiz.metering.event;

import java.time.LocalDate;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What one poll brought: it is written in one transaction or not at all.
 *
 * @param ranges in ascending order of partitions, each partition once
 * @param entries in log order within each partition
 */
public record LogBatch(List<PartitionRange> ranges, List<LogEntry> entries) {
    public LogBatch {
        ranges = List.copyOf(ranges);
        entries = List.copyOf(entries);
    }

    /** Whether there is nothing to write and no position to move. */
    public boolean isEmpty() {
        return ranges.isEmpty();
    }

    /** The partitions that it covers. */
    public Set<Integer> partitions() {
        return ranges.stream().map(PartitionRange::partition).collect(Collectors.toUnmodifiableSet());
    }

    /** The batch without the records of {@code partitions}, which another worker has taken over. */
    public LogBatch without(Set<Integer> partitions) {
        return new LogBatch(
                ranges.stream()
                        .filter(range -> !partitions.contains(range.partition()))
                        .toList(),
                entries.stream()
                        .filter(entry -> !partitions.contains(entry.partition()))
                        .toList());
    }

    /** The days that its rows belong to. */
    public Set<LocalDate> days() {
        Set<LocalDate> days = new TreeSet<>();
        LocalDate newest = null;
        for (LogEntry entry : entries) {
            if (entry.decoded() instanceof Decoded.Execution execution
                    && !execution.event().day().equals(newest)) {
                newest = execution.event().day();
                days.add(newest);
            }
        }
        return days;
    }
}

package io.wasmwiz.cli.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Processor time of processes of this machine with their children, as Linux counts it (in hundredths of a second). A child
 * that is itself named counts for its own name only. Thread-safe.
 */
public final class ProcessCpu {
    private static final long MICROS_PER_TICK = 10_000;

    private final Path proc;
    private final Map<String, Long> processes;

    /**
     * Prepares to look at processes.
     *
     * @param processes process ids by the names of their figures
     */
    public ProcessCpu(Map<String, Long> processes) {
        this(Path.of("/proc"), processes);
    }

    ProcessCpu(Path proc, Map<String, Long> processes) {
        this.proc = proc;
        this.processes = new LinkedHashMap<>(processes);
    }

    /** Microseconds so far by name; processes that cannot be read are left out. */
    public Map<String, Long> sample() {
        Map<String, Long> sample = new LinkedHashMap<>();
        processes.forEach((name, pid) -> micros(pid).ifPresent(micros -> sample.put(name, micros)));
        return sample;
    }

    /** The growth of each name that both samples have. */
    public static Map<String, Long> difference(Map<String, Long> before, Map<String, Long> after) {
        Map<String, Long> difference = new LinkedHashMap<>();
        before.forEach((name, micros) -> {
            Long later = after.get(name);
            if (later != null) {
                difference.put(name, Math.max(0, later - micros));
            }
        });
        return difference;
    }

    private OptionalLong micros(long pid) {
        OptionalLong own = ticks(pid);
        if (own.isEmpty()) {
            return own;
        }
        Set<Long> others =
                processes.values().stream().filter(other -> other != pid).collect(Collectors.toSet());
        long children =
                children(pid, others).mapToLong(child -> ticks(child).orElse(0)).sum();
        return OptionalLong.of((own.getAsLong() + children) * MICROS_PER_TICK);
    }

    private static Stream<Long> children(long pid, Set<Long> excluded) {
        return ProcessHandle.of(pid).stream()
                .flatMap(ProcessHandle::children)
                .map(ProcessHandle::pid)
                .filter(child -> !excluded.contains(child))
                .flatMap(child -> Stream.concat(Stream.of(child), children(child, excluded)));
    }

    // proc(5): utime, stime, and cutime, cstime of children that ended, are fields 14 to 17. The name in field 2 may
    // hold
    // spaces and parentheses, so counting starts behind the last one.
    private OptionalLong ticks(long pid) {
        try {
            String stat = Files.readString(proc.resolve(pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 16);
            long ticks = 0;
            for (int field = 14; field <= 17; field++) {
                ticks += Long.parseLong(fields[field - 3]);
            }
            return OptionalLong.of(ticks);
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
            return OptionalLong.empty();
        }
    }
}

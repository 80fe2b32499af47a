package io.wasmwiz.local.chaos;

import io.wasmwiz.local.cluster.ClusterSize;
import io.wasmwiz.local.cluster.JvmUse;
import io.wasmwiz.local.cluster.Member;
import io.wasmwiz.local.cluster.Role;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Resident memory of the cluster's Java processes, by role, and of the executors' sandboxes: the largest process of each
 * at each look. PostgreSQL is left out, whose shared memory is counted in each of its processes. Thread-safe; holds one
 * number a look and role.
 */
final class MemorySamples {
    /** What a Java process takes beside its heap. */
    private static final int BESIDE_HEAP_MIB = 400;

    private static final int SANDBOX_MIB = 600;
    private static final String SANDBOX = "sandbox";

    /** In a shorter run, growth cannot be told from warming up. */
    private static final long LOOKS_FOR_GROWTH = Duration.ofMinutes(10).toSeconds();

    private static final double LARGEST_GROWTH = 1.2;
    private static final int SERIES = 6;

    /** What a JVM with -XX:+ExitOnOutOfMemoryError says last. */
    private static final String HEAP_EXHAUSTED = "Terminating due to java.lang.OutOfMemoryError";

    private final Map<String, List<Integer>> mib = new TreeMap<>();
    private final Set<String> exhausted = new TreeSet<>();

    /** To be called once a second. */
    synchronized void look(List<Member> members) {
        Map<String, Integer> largest = new TreeMap<>();
        for (Member member : members) {
            if (!member.isAlive()) {
                noteExhausted(member);
            }
            if (member.role() != Role.POSTGRESQL) {
                largest.merge(member.role().text(), residentMib(member.pid()), Math::max);
            }
            if (member.role() == Role.EXECUTOR) {
                String executor = commandLine(member.pid());
                member.descendants().stream()
                        // A child that has not begun its own program yet has its parent's memory.
                        .filter(child -> !commandLine(child.pid()).equals(executor))
                        .forEach(child -> largest.merge(SANDBOX, residentMib(child.pid()), Math::max));
            }
        }
        largest.forEach((name, size) ->
                mib.computeIfAbsent(name, key -> new ArrayList<>()).add(size));
    }

    /** A start keeps one log before its own, so those that are dead are asked at each look. */
    private void noteExhausted(Member member) {
        try (Stream<String> lines = Files.lines(member.log(), StandardCharsets.ISO_8859_1)) {
            if (lines.anyMatch(line -> line.startsWith(HEAP_EXHAUSTED))) {
                exhausted.add(member.name());
            }
        } catch (IOException e) {
            // It is starting, and its log has just been moved away.
            return;
        }
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc", String.valueOf(pid), "cmdline"));
        } catch (IOException e) {
            // It ended.
            return "";
        }
    }

    private static int residentMib(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToInt(line -> Integer.parseInt(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            // It ended.
            return 0;
        }
    }

    /**
     * Holds each role to its bound, JVMs to their heap and, in a run of ten minutes or more, the second half to what the first
     * half took. All of a JVM's heap is resident from its start ({@link JvmUse#WATCHED_FOR_GROWTH}), so growth is what lies
     * beside it; what grows in the heap ends in a JVM that says so in its log.
     */
    synchronized void check(ClusterSize size, List<Member> members, Verdict verdict) {
        List<String> above = new ArrayList<>();
        List<String> grown = new ArrayList<>();
        mib.forEach((name, looks) -> {
            int bound = name.equals(SANDBOX)
                    ? SANDBOX_MIB
                    : size.heapMib(Role.valueOf(name.toUpperCase(java.util.Locale.ROOT))) + BESIDE_HEAP_MIB;
            if (largest(looks) > bound) {
                above.add("%s %d MiB of %d".formatted(name, largest(looks), bound));
            }
            int half = looks.size() / 2;
            int first = largest(looks.subList(0, half));
            int second = largest(looks.subList(half, looks.size()));
            if (looks.size() >= LOOKS_FOR_GROWTH && second > first * LARGEST_GROWTH) {
                grown.add("%s from %d to %d MiB".formatted(name, first, second));
            }
        });
        verdict.check(
                "every process's memory within its bound",
                above.isEmpty() && !mib.isEmpty(),
                above.isEmpty() ? series() : String.join(", ", above));
        for (Member member : members) {
            noteExhausted(member);
        }
        verdict.check("every heap large enough", exhausted.isEmpty(), String.join(", ", exhausted));
        verdict.check("memory flat", grown.isEmpty(), grown.isEmpty() ? "" : String.join(", ", grown));
    }

    /** The largest of each sixth of the run. */
    private String series() {
        return mib.entrySet().stream()
                        .map(entry -> {
                            List<String> parts = new ArrayList<>();
                            int looks = entry.getValue().size();
                            for (int part = 0; part < SERIES; part++) {
                                parts.add(String.valueOf(largest(
                                        entry.getValue().subList(looks * part / SERIES, looks * (part + 1) / SERIES))));
                            }
                            return entry.getKey() + " " + String.join("-", parts);
                        })
                        .collect(Collectors.joining(", "))
                + " MiB";
    }

    private static int largest(List<Integer> looks) {
        return looks.stream().mapToInt(Integer::intValue).max().orElse(0);
    }
}

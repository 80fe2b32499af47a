package io.wasmwiz.local.chaos;

import io.wasmwiz.local.chaos.Fault.Kind;
import io.wasmwiz.local.cluster.ClusterSize;
import io.wasmwiz.local.cluster.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** What goes wrong when: a function of the seed, the time, the scenario and the cluster's size, and of nothing else. */
final class Schedule {
    private static final int SHORTEST_GAP_MILLIS = 300;
    private static final int LONGEST_GAP_MILLIS = 2_500;
    private static final int SHORTEST_ABSENCE_MILLIS = 200;
    private static final int LONGEST_ABSENCE_MILLIS = 6_000;
    private static final int LONGEST_POSTGRESQL_ABSENCE_MILLIS = 3_000;

    private Schedule() {}

    /** The faults in the order of their beginning; all end within {@code duration}, and none meets its target while it is away. */
    static List<Fault> of(long seed, Duration duration, Scenario scenario, ClusterSize size) {
        Random random = new Random(seed);
        List<String> targets = targets(scenario, size);
        Map<String, Long> awayUntil = new HashMap<>();
        List<Fault> faults = new ArrayList<>();
        long at = 0;
        while (true) {
            at += between(random, SHORTEST_GAP_MILLIS, LONGEST_GAP_MILLIS);
            String target = targets.get(random.nextInt(targets.size()));
            Kind kind = kind(random, target);
            long lasts = kind == Kind.KILL_SANDBOX
                    ? 0
                    : between(
                            random,
                            SHORTEST_ABSENCE_MILLIS,
                            target.equals(Role.POSTGRESQL.text())
                                    ? LONGEST_POSTGRESQL_ABSENCE_MILLIS
                                    : LONGEST_ABSENCE_MILLIS);
            if (at + LONGEST_ABSENCE_MILLIS > duration.toMillis()) {
                return List.copyOf(faults);
            }
            if (awayUntil.getOrDefault(target, 0L) < at) {
                awayUntil.put(target, at + lasts);
                faults.add(new Fault(Duration.ofMillis(at), kind, target, Duration.ofMillis(lasts)));
            }
        }
    }

    private static List<String> targets(Scenario scenario, ClusterSize size) {
        List<String> targets = new ArrayList<>();
        for (Role role : Role.values()) {
            if (scenario.includes(role)) {
                for (int number = 1; number <= size.count(role); number++) {
                    boolean single = role == Role.POSTGRESQL || role == Role.CONTROLLER;
                    targets.add(single ? role.text() : role.text() + "-" + number);
                }
            }
        }
        return targets;
    }

    private static Kind kind(Random random, String target) {
        int pick = random.nextInt(100);
        if (pick < 45) {
            return Kind.KILL;
        }
        if (pick < 65) {
            return Kind.PAUSE;
        }
        return pick < 80 || !target.startsWith(Role.EXECUTOR.text()) ? Kind.RESTART : Kind.KILL_SANDBOX;
    }

    private static long between(Random random, int from, int to) {
        return from + (long) random.nextInt(to - from);
    }
}

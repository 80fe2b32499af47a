package io.wasmwiz.local.chaos;

import io.wasmwiz.local.chaos.Fault.Kind;
import io.wasmwiz.local.cluster.ClusterSize;
import io.wasmwiz.local.cluster.Links;
import io.wasmwiz.local.cluster.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** What goes wrong when: a function of the seed, the time, the longest gap, the scenario and the cluster's size, and of nothing else. */
final class Schedule {
    /** The target of {@link Kind#FLOOD}. */
    static final String QUEUES = "queues";

    private static final int SHORTEST_GAP_MILLIS = 500;

    private static final int SHORTEST_ABSENCE_MILLIS = 200;
    private static final int LONGEST_ABSENCE_MILLIS = 5_000;

    /** Without PostgreSQL or a majority of brokers nothing runs, which proves little. */
    private static final int LONGEST_SHARED_ABSENCE_MILLIS = 2_500;

    /** In so many of a hundred cases a broker's fault comes although another broker is not back for long. */
    private static final int SECOND_BROKER_PERCENT = 25;

    private static final int BROKER_RECOVERY_MILLIS = 6_000;
    private static final String BROKERS = Role.BROKER.text() + "s";

    private Schedule() {}

    /**
     * The faults in the order of their beginning; all end within {@code duration}, and none meets its target while it is away.
     *
     * @param longestGap between two beginnings, more than half a second. Each kill costs a start, which takes seconds of
     *     processor time: with less than some seconds between them nothing else would run
     */
    static List<Fault> of(long seed, Duration duration, Duration longestGap, Scenario scenario, ClusterSize size) {
        Random random = new Random(seed);
        List<String> targets = targets(scenario, size);
        Map<String, Long> awayUntil = new HashMap<>();
        List<Fault> faults = new ArrayList<>();
        long at = 0;
        while (true) {
            at += between(random, SHORTEST_GAP_MILLIS, (int) longestGap.toMillis());
            String target = targets.get(random.nextInt(targets.size()));
            Kind kind = kind(random, target);
            boolean shared = target.contains(Role.POSTGRESQL.text()) || target.contains(Role.BROKER.text());
            long lasts = kind == Kind.KILL_SANDBOX
                    ? 0
                    : between(
                            random,
                            SHORTEST_ABSENCE_MILLIS,
                            shared ? LONGEST_SHARED_ABSENCE_MILLIS : LONGEST_ABSENCE_MILLIS);
            if (at + LONGEST_ABSENCE_MILLIS > duration.toMillis()) {
                return List.copyOf(faults);
            }
            boolean broker = target.startsWith(Role.BROKER.text());
            boolean second = random.nextInt(100) < SECOND_BROKER_PERCENT;
            if (awayUntil.getOrDefault(target, 0L) < at
                    && (!broker || second || awayUntil.getOrDefault(BROKERS, 0L) < at)) {
                awayUntil.put(target, at + lasts);
                if (broker) {
                    awayUntil.put(BROKERS, at + lasts + BROKER_RECOVERY_MILLIS);
                }
                faults.add(new Fault(Duration.ofMillis(at), kind, target, Duration.ofMillis(lasts)));
            }
        }
    }

    private static List<String> targets(Scenario scenario, ClusterSize size) {
        List<String> targets = new ArrayList<>();
        for (Role role : Role.values()) {
            for (int number = 1; number <= size.count(role); number++) {
                if (scenario.includes(role)) {
                    boolean single = role == Role.POSTGRESQL || role == Role.CONTROLLER;
                    targets.add(single ? role.text() : role.text() + "-" + number);
                }
                if (scenario.includesLinks() && Links.exists(role)) {
                    targets.add(Links.name(role, number));
                }
            }
        }
        if (scenario.includesQueues()) {
            targets.add(QUEUES);
        }
        return targets;
    }

    private static Kind kind(Random random, String target) {
        int pick = random.nextInt(100);
        if (target.equals(QUEUES)) {
            return Kind.FLOOD;
        }
        if (Links.isName(target)) {
            return pick < 40 ? Kind.CUT : pick < 70 ? Kind.DELAY : Kind.SILENCE;
        }
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

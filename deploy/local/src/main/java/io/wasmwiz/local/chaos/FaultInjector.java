package io.wasmwiz.local.chaos;

import io.wasmwiz.embedded.ServerProcess;
import io.wasmwiz.embedded.proxy.NetworkFaults;
import io.wasmwiz.local.cluster.Cluster;
import io.wasmwiz.local.cluster.Member;
import io.wasmwiz.local.cluster.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Does to a cluster what a schedule says, each fault on a thread of its own. One use. */
final class FaultInjector {
    private static final Duration LONGEST_DELAY = Duration.ofMillis(500);

    private final Cluster cluster;
    private final TenantLoad flood;
    private final Map<Fault.Kind, Integer> done = new EnumMap<>(Fault.Kind.class);

    /** @param flood calls when queues are to be filled */
    FaultInjector(Cluster cluster, TenantLoad flood) {
        this.cluster = cluster;
        this.flood = flood;
    }

    /** Runs the schedule to its end and on until {@code duration} is over, then starts whatever is not there. */
    void run(List<Fault> schedule, Duration duration) throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            long start = System.nanoTime();
            List<Future<?>> running = new ArrayList<>();
            for (Fault fault : schedule) {
                sleepUntil(start + fault.at().toNanos());
                running.add(threads.submit(() -> {
                    inject(fault);
                    return true;
                }));
            }
            for (Future<?> fault : running) {
                fault.get();
            }
            sleepUntil(start + duration.toNanos());
        } finally {
            threads.shutdownNow();
        }
        for (Member member : cluster.members()) {
            member.start();
        }
    }

    /** How many faults of each kind took place. */
    synchronized Map<Fault.Kind, Integer> done() {
        return new EnumMap<>(done);
    }

    private synchronized void count(Fault.Kind kind) {
        done.merge(kind, 1, Integer::sum);
    }

    private Member member(Fault fault) {
        return cluster.members().stream()
                .filter(candidate -> candidate.name().equals(fault.target()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no process " + fault.target()));
    }

    private void inject(Fault fault) throws InterruptedException {
        long until = System.nanoTime() + fault.lasts().toNanos();
        switch (fault.kind()) {
            case CUT -> {
                cluster.links().cut(fault.target());
                sleepUntil(until);
                cluster.links().restore(fault.target());
            }
            case DELAY -> disturb(fault, NetworkFaults.random(fault.at().toMillis(), 0, 0, 1, LONGEST_DELAY), until);
            case SILENCE -> disturb(fault, NetworkFaults.loseAll(), until);
            case FLOOD -> flood.flood(until);
            default -> inject(fault, member(fault), until);
        }
        count(fault.kind());
    }

    private void disturb(Fault fault, NetworkFaults faults, long until) throws InterruptedException {
        cluster.links().disturb(fault.target(), faults);
        sleepUntil(until);
        cluster.links().restore(fault.target());
    }

    private static void inject(Fault fault, Member member, long until) throws InterruptedException {
        switch (fault.kind()) {
            case KILL -> {
                member.kill();
                sleepUntil(until);
                member.start();
            }
            case PAUSE -> pause(member, until);
            case RESTART -> {
                member.stop();
                sleepUntil(until);
                member.start();
            }
            case KILL_SANDBOX -> member.descendants().forEach(ProcessHandle::destroyForcibly);
            default -> throw new IllegalStateException("not a process's fault: " + fault);
        }
    }

    private static void pause(Member member, long until) throws InterruptedException {
        List<Long> pids = new ArrayList<>(List.of(member.pid()));
        if (member.role() == Role.POSTGRESQL) {
            // The postmaster first, so that no child begins unseen.
            ServerProcess.signal(member.pid(), "STOP");
            member.descendants().forEach(child -> pids.add(child.pid()));
        }
        pids.forEach(pid -> ServerProcess.signal(pid, "STOP"));
        try {
            sleepUntil(until);
        } finally {
            pids.forEach(pid -> ServerProcess.signal(pid, "CONT"));
        }
    }

    private static void sleepUntil(long nanos) throws InterruptedException {
        long wait = nanos - System.nanoTime();
        if (wait > 0) {
            Thread.sleep(Duration.ofNanos(wait).toMillis());
        }
    }
}

package io.wasmwiz.local.chaos;

import java.time.Duration;

/**
 * One thing that goes wrong.
 *
 * @param at since the load began
 * @param kind what happens
 * @param target the process, by its name in the cluster; for {@link Kind#KILL_SANDBOX} the executor above it
 * @param lasts how long the process stays away; zero for sandboxes, which their executor replaces
 */
record Fault(Duration at, Kind kind, String target, Duration lasts) {
    /** What can go wrong with a process. */
    enum Kind {
        /** SIGKILL, and later a start on the same data. */
        KILL,
        /** SIGSTOP, and later SIGCONT. */
        PAUSE,
        /** A stop in order, and a start. */
        RESTART,
        /** SIGKILL to all guests' processes of an executor. */
        KILL_SANDBOX
    }

    Duration end() {
        return at.plus(lasts);
    }

    @Override
    public String toString() {
        return "%7.2f s  %-12s %-12s %s"
                .formatted(
                        at.toMillis() / 1000.0,
                        kind.name().toLowerCase(java.util.Locale.ROOT),
                        target,
                        lasts.isZero() ? "" : "for %.2f s".formatted(lasts.toMillis() / 1000.0));
    }
}

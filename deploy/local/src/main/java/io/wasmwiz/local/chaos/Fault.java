package io.wasmwiz.local.chaos;

import java.time.Duration;

/**
 * One thing that goes wrong.
 *
 * @param at since the load began
 * @param kind what happens
 * @param target the process or link, by its name in the cluster; for {@link Kind#KILL_SANDBOX} the executor above it
 * @param lasts how long the process or link stays away; zero for sandboxes, which their executor replaces
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
        KILL_SANDBOX,
        /** A link's connections end, and no new ones come about. */
        CUT,
        /** What the server sends arrives late, by half a second at most. */
        DELAY,
        /** What the server sends does not arrive, and connections stay open: requests are done and nobody hears of it. */
        SILENCE,
        /** Far more calls at once than may wait. */
        FLOOD
    }

    Duration end() {
        return at.plus(lasts);
    }

    @Override
    public String toString() {
        return "%7.2f s  %-12s %-16s %s"
                .formatted(
                        at.toMillis() / 1000.0,
                        kind.name().toLowerCase(java.util.Locale.ROOT),
                        target,
                        lasts.isZero() ? "" : "for %.2f s".formatted(lasts.toMillis() / 1000.0));
    }
}

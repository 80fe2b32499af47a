package io.wasmwiz.cli.load;

import java.time.Duration;

/**
 * One phase of a load: how calls are paced, and when it ends.
 *
 * @param ratePerSecond open loop: calls are due at this rate whatever the server does; 0: closed loop
 * @param inFlight calls in progress at most. In a closed loop the next call waits for one to end; in an open loop a call
 *     that is due while so many are in progress is not sent, and counted
 * @param count calls to start; {@link Long#MAX_VALUE}: no such end
 * @param duration time after which no call starts
 */
record LoadPlan(double ratePerSecond, int inFlight, long count, Duration duration) {
    boolean isOpenLoop() {
        return ratePerSecond > 0;
    }

    /** When call {@code index} of an open loop is due, in nanoseconds from the phase's start. */
    long dueNanos(long index) {
        return (long) (index * (1_000_000_000.0 / ratePerSecond));
    }
}

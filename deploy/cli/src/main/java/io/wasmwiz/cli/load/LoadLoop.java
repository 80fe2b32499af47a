package io.wasmwiz.cli.load;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Starts calls at the pace of a {@link LoadPlan} and tallies them. A closed loop measures a call from its start. An open
 * loop measures it from when it was due, so that a stall of the server (or of this client) counts for every call that it
 * delayed and not only for the one that met it (the error known as coordinated omission).
 */
final class LoadLoop {
    /** Starts one call, which ends by calling {@link Ending} exactly once, on any thread. */
    @FunctionalInterface
    interface Call {
        void start(Ending ending);
    }

    /** How a call ended. */
    interface Ending {
        void replied(String status);

        void failed(String reason);
    }

    private final Call call;
    private final Ticker ticker;

    LoadLoop(Call call, Ticker ticker) {
        this.call = call;
        this.ticker = ticker;
    }

    /**
     * Runs one phase on the calling thread and waits for its calls to end.
     *
     * @param longestCall how long to wait for calls in progress at the end
     * @return from the first call's due time to the last call's end
     */
    Duration run(LoadPlan plan, Tally tally, Duration longestCall) throws InterruptedException {
        Semaphore slots = new Semaphore(plan.inFlight());
        long start = ticker.nanos();
        long stop = start + plan.duration().toNanos();
        for (long i = 0; i < plan.count(); i++) {
            if (plan.isOpenLoop()) {
                long due = start + plan.dueNanos(i);
                if (due - stop >= 0) {
                    break;
                }
                ticker.sleepUntil(due);
                if (slots.tryAcquire()) {
                    call.start(ending(due, tally, slots));
                } else {
                    tally.notSent();
                }
            } else {
                slots.acquire();
                long now = ticker.nanos();
                if (now - stop >= 0) {
                    slots.release();
                    break;
                }
                call.start(ending(now, tally, slots));
            }
        }
        if (!slots.tryAcquire(plan.inFlight(), longestCall.toNanos(), TimeUnit.NANOSECONDS)) {
            throw new IllegalStateException("calls did not end within " + longestCall.toSeconds() + " s");
        }
        return Duration.ofNanos(ticker.nanos() - start);
    }

    private Ending ending(long from, Tally tally, Semaphore slots) {
        return new Ending() {
            @Override
            public void replied(String status) {
                tally.replied(ticker.nanos() - from, status);
                slots.release();
            }

            @Override
            public void failed(String reason) {
                tally.failed(ticker.nanos() - from, reason);
                slots.release();
            }
        };
    }
}

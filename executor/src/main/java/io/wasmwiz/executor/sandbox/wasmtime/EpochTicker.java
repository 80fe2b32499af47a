package io.wasmwiz.executor.sandbox.wasmtime;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks at every worker once per tick, or earlier when a run's time ends before the next, and stops the run whose time is
 * over; moves input and output that do not fit in the run's buffer, and while there is any to move it looks far more often.
 * Asks the clock each time instead of counting ticks, so a late tick delays a stop once and adds up to nothing. Rests when
 * nothing has run for a while: the worker that begins a run then wakes it. Closed by the sandbox, before its workers.
 */
final class EpochTicker implements AutoCloseable {
    /** Closer deadlines share a look. */
    private static final long SHORTEST_NANOS = 100_000;

    /** While a run reads or writes more than its buffer holds. */
    private static final long MOVING_NANOS = 20_000;

    /** Looks without anything to move before it takes its time again: some milliseconds. */
    private static final int MOVING_LOOKS = 50;

    /** Looks without a run before it rests: waking it costs more than many short runs, between which nothing runs. */
    private static final int IDLE_LOOKS = 20;

    private final List<Worker> workers;
    private final long tickNanos;
    private final Thread thread = new Thread(this::tick, "sandbox-ticker");

    private volatile boolean resting;
    private volatile boolean closed;

    private EpochTicker(List<Worker> workers, Duration tick) {
        this.workers = workers;
        this.tickNanos = tick.toNanos();
        thread.setDaemon(true);
    }

    static EpochTicker start(List<Worker> workers, Duration tick) {
        var ticker = new EpochTicker(List.copyOf(workers), tick);
        workers.forEach(worker -> worker.onBegin(ticker::wake));
        ticker.thread.start();
        return ticker;
    }

    private void tick() {
        long pauseNanos = tickNanos;
        int looks = 0;
        int idleLooks = 0;
        while (!closed) {
            if (idleLooks < IDLE_LOOKS || !rest()) {
                LockSupport.parkNanos(looks > 0 ? Math.min(MOVING_NANOS, pauseNanos) : pauseNanos);
            }
            looks = Math.max(0, looks - 1);
            long now = System.nanoTime();
            pauseNanos = tickNanos;
            idleLooks++;
            for (Worker worker : workers) {
                long leftNanos = worker.tick(now);
                if (leftNanos < Long.MAX_VALUE) {
                    idleLooks = 0;
                }
                pauseNanos = Math.min(pauseNanos, leftNanos);
                if (worker.moveStreams()) {
                    looks = MOVING_LOOKS;
                }
            }
            pauseNanos = Math.max(pauseNanos, Math.min(SHORTEST_NANOS, tickNanos));
        }
    }

    /** Waits while nothing runs; false if something does. */
    private boolean rest() {
        resting = true;
        // A run that begins later sees that.
        boolean idle = workers.stream().noneMatch(Worker::isRunning);
        if (idle && !closed) {
            LockSupport.park(this);
        }
        resting = false;
        return idle;
    }

    private void wake() {
        if (resting) {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}

package io.wasmwiz.executor.sandbox.wasmtime;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks at every worker once per tick, or earlier when a run's time ends before the next, and stops the run whose time is
 * over. Asks the clock each time instead of counting ticks, so a late tick delays a stop once and adds up to nothing.
 * Closed by the sandbox, before its workers.
 */
final class EpochTicker implements AutoCloseable {
    /** Closer deadlines share a look. */
    private static final long SHORTEST_NANOS = 100_000;

    private final List<Worker> workers;
    private final long tickNanos;
    private final Thread thread = new Thread(this::tick, "sandbox-ticker");

    private volatile boolean closed;

    private EpochTicker(List<Worker> workers, Duration tick) {
        this.workers = workers;
        this.tickNanos = tick.toNanos();
        thread.setDaemon(true);
    }

    static EpochTicker start(List<Worker> workers, Duration tick) {
        var ticker = new EpochTicker(List.copyOf(workers), tick);
        ticker.thread.start();
        return ticker;
    }

    private void tick() {
        long pauseNanos = tickNanos;
        while (!closed) {
            LockSupport.parkNanos(pauseNanos);
            long now = System.nanoTime();
            pauseNanos = tickNanos;
            for (Worker worker : workers) {
                pauseNanos = Math.min(pauseNanos, worker.tick(now));
            }
            pauseNanos = Math.max(pauseNanos, Math.min(SHORTEST_NANOS, tickNanos));
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}

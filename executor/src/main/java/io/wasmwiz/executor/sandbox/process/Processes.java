package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.process.Death.Kill;
import io.wasmwiz.executor.sandbox.process.SandboxProcess.State;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes of a pool: keeps a number of them alive, starts more while there is demand, lets them go when they have
 * nothing to do, and looks after each in short intervals while any has a job. Processes that die while they start are
 * replaced at growing intervals. Thread-safe.
 */
final class Processes implements AutoCloseable {
    /** Starts a process for a pool. */
    interface Starter {
        /** Completes with the process, whose threads have not begun. */
        CompletableFuture<SandboxProcess> start(SandboxProcess.Owner owner, int slot);
    }

    private static final Logger log = LoggerFactory.getLogger(Processes.class);

    private static final long WATCH_NANOS = Duration.ofMillis(5).toNanos();
    private static final long REST_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long FIRST_DELAY_NANOS = Duration.ofMillis(100).toNanos();
    private static final long LONGEST_DELAY_NANOS = Duration.ofSeconds(10).toNanos();
    private static final long START_SECONDS = 60;
    /** Starting more at once only makes each slower. */
    private static final int STARTS_AT_ONCE = 2;

    private final List<SandboxProcess> alive = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> kept = new CompletableFuture<>();
    private final Thread watch = new Thread(this::watch);
    private final PoolConfig config;
    private final ProcessMetrics metrics;
    private final IntFunction<CompletableFuture<SandboxProcess>> starter;
    private final BooleanSupplier demand;

    private final BitSet slots = new BitSet();
    private int failedStarts;
    private long nextStartNanos = System.nanoTime();
    private volatile boolean resting;
    private volatile boolean closed;

    Processes(
            PoolConfig config,
            ProcessMetrics metrics,
            IntFunction<CompletableFuture<SandboxProcess>> starter,
            BooleanSupplier demand) {
        this.config = config;
        this.metrics = metrics;
        this.starter = starter;
        this.demand = demand;
        watch.setName("sandbox-watch-" + config.role().word());
        watch.setDaemon(true);
    }

    void begin() {
        watch.start();
    }

    /** Waits for as many as are kept; throws what kept one of them from being there. */
    void awaitKept() {
        try {
            kept.get(START_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException("not all sandbox processes are ready after " + START_SECONDS + " s", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IllegalStateException why ? why : new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while sandbox processes start", e);
        }
    }

    /** The one in which a job waits least, if that is within {@code boundNanos}. */
    @Nullable
    SandboxProcess leastBusy(long boundNanos) {
        SandboxProcess best = null;
        long least = boundNanos;
        long now = System.nanoTime();
        for (SandboxProcess process : alive) {
            long wait = process.likelyWaitNanos(now, config.longNanos());
            if (wait < least) {
                best = process;
                least = wait;
                if (wait == 0) {
                    break;
                }
            }
        }
        return best;
    }

    /** Whether none that is ready gets on with its jobs, or has none. */
    boolean areHeld() {
        long now = System.nanoTime();
        return alive.stream()
                .allMatch(process -> process.state() != State.READY || process.isHeld(now, config.holdNanos()));
    }

    /** A process has a job: it must be watched. */
    void busy() {
        if (resting) {
            LockSupport.unpark(watch);
        }
    }

    int inState(State state) {
        return sum(process -> process.state() == state ? 1 : 0);
    }

    int sum(ToIntFunction<SandboxProcess> count) {
        return alive.stream().mapToInt(count).sum();
    }

    synchronized void ready() {
        failedStarts = 0;
        if (inState(State.READY) >= config.minimum()) {
            boolean unused = kept.complete(null);
        }
    }

    void died(SandboxProcess process, State before, Kill kill, Death death) {
        alive.remove(process);
        metrics.died(config.role(), death);
        synchronized (this) {
            slots.clear(process.slot());
            if (before == State.STARTING && !closed) {
                delayNextStart();
            }
        }
        if (before == State.STARTING && !closed) {
            boolean unused = kept.completeExceptionally(new IllegalStateException(
                    "a sandbox process died while it started: " + death.detail() + " (the log has what it said)"));
        }
        if (kill != Kill.RETIRED && kill != Kill.CLOSED) {
            log.atWarn()
                    .addKeyValue("pid", process.pid())
                    .addKeyValue("role", config.role().word())
                    .addKeyValue("cause", death.cause())
                    .log("sandbox process died");
        }
        LockSupport.unpark(watch);
    }

    private void delayNextStart() {
        long delay = FIRST_DELAY_NANOS << Math.min(failedStarts++, 10);
        nextStartNanos = System.nanoTime() + Math.min(delay, LONGEST_DELAY_NANOS);
    }

    private void watch() {
        while (!closed) {
            try {
                long now = System.nanoTime();
                alive.forEach(process -> process.watch(now, config));
                startOrRetire(now);
                boolean busy =
                        alive.size() < config.minimum() || demand.getAsBoolean() || sum(p -> p.isIdle() ? 0 : 1) > 0;
                rest(busy);
            } catch (RuntimeException | Error e) {
                log.atError().setCause(e).log("sandbox processes could not be looked after");
                LockSupport.parkNanos(this, REST_NANOS);
            }
        }
    }

    private void rest(boolean busy) {
        resting = !busy;
        // What became busy in between is seen here, what does later unparks.
        boolean idle = !busy && sum(process -> process.isIdle() ? 0 : 1) == 0;
        LockSupport.parkNanos(this, idle ? REST_NANOS : WATCH_NANOS);
        resting = false;
    }

    private void startOrRetire(long now) {
        int count = alive.size();
        int starting = inState(State.STARTING);
        if (now - nextStartNanos() >= 0) {
            if (count < config.minimum()) {
                for (int missing = config.minimum() - count; missing > 0; missing--) {
                    start();
                }
            } else if (count < config.maximum() && starting < STARTS_AT_ONCE && demand.getAsBoolean()) {
                start();
            }
        }
        if (count > config.minimum()) {
            alive.stream()
                    .filter(process -> process.idleNanos(now) > config.idleNanos())
                    .limit(count - config.minimum())
                    .forEach(SandboxProcess::retire);
        }
    }

    private synchronized long nextStartNanos() {
        return nextStartNanos;
    }

    private void start() {
        int slot;
        synchronized (this) {
            slot = slots.nextClearBit(0);
            slots.set(slot);
        }
        try {
            SandboxProcess process = starter.apply(slot).join();
            alive.add(process);
            metrics.started(config.role());
            process.begin();
            if (closed) {
                process.kill(Kill.CLOSED);
            }
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("sandbox process could not be started");
            boolean unused = kept.completeExceptionally(e);
            synchronized (this) {
                slots.clear(slot);
                delayNextStart();
            }
        }
    }

    /** Cancels, waits for what was cancelled, and kills what is left. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(watch);
        try {
            watch.join(TimeUnit.SECONDS.toMillis(START_SECONDS));
            alive.forEach(SandboxProcess::cancelAll);
            long deadline = System.nanoTime() + config.graceNanos();
            while (sum(process -> process.isEmpty() ? 0 : 1) > 0 && deadline - System.nanoTime() > 0) {
                LockSupport.parkNanos(this, WATCH_NANOS);
            }
            alive.forEach(process -> process.kill(Kill.CLOSED));
            while (!alive.isEmpty()) {
                LockSupport.parkNanos(this, WATCH_NANOS);
            }
        } catch (InterruptedException e) {
            alive.forEach(process -> process.kill(Kill.CLOSED));
            Thread.currentThread().interrupt();
        }
    }
}

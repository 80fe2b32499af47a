package io.wasmwiz.executor.sandbox.wasmtime;

import io.github.kawamuray.wasmtime.Engine;
import io.github.kawamuray.wasmtime.Store;
import io.wasmwiz.executor.sandbox.queue.FairQueue;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread with an engine of its own. Because no two runs share an engine, advancing its epoch stops exactly the run
 * in progress. Native handles are used on this thread only, except for {@code ticks}, which is guarded by the lock and
 * touched only while a run is in progress; the thread disposes them all when it ends.
 */
final class Worker {
    /** The engine lets a guest use 512 KiB; the rest is for Java and native frames. */
    private static final long STACK_BYTES = 2 << 20;

    private static final Logger log = LoggerFactory.getLogger(Worker.class);

    /** Why the run in progress is being stopped. */
    enum Stop {
        NONE,
        TIMED_OUT,
        CANCELLED
    }

    private final Object lock = new Object();
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final FairQueue<Task> queue;
    private final Path cacheSettings;
    private final CompiledModules.Shared shared;
    private final KeptStores stores = new KeptStores();
    private final CpuClock cpuClock = new CpuClock();
    private final Thread thread;

    private volatile Runnable onBegin = () -> {};
    private @Nullable Engine engine;
    private @Nullable Engine ticks;
    private @Nullable CompiledModules modules;
    private @Nullable Shims shims;

    private @Nullable RunTask current;
    private @Nullable RunStreams streams;
    private Stop stop = Stop.NONE;
    private long epoch;
    private long deadlineNanos;
    private boolean closing;

    Worker(int number, FairQueue<Task> queue, Path cacheSettings, CompiledModules.Shared shared) {
        this.queue = queue;
        this.cacheSettings = cacheSettings;
        this.shared = shared;
        this.thread = new Thread(null, this::work, "sandbox-" + number, STACK_BYTES);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** From now on {@code listener} is called whenever a run has begun; it must not block. */
    void onBegin(Runnable listener) {
        onBegin = listener;
    }

    /** Waits until the engine is there; throws what kept it from being there. */
    void awaitReady() {
        ready.join();
    }

    private void work() {
        try {
            open();
            ready.complete(null);
            for (var task = queue.take(); task.isPresent(); task = queue.take()) {
                perform(task.get());
            }
        } catch (InterruptedException e) {
            log.atWarn().log("sandbox worker was interrupted and ends");
        } catch (Throwable t) {
            if (!ready.completeExceptionally(t)) {
                log.atError().setCause(t).log("sandbox worker died");
            }
        } finally {
            dispose();
        }
    }

    /** A task answers for its own failures; here they only must not end the worker. */
    private void perform(Task task) {
        try {
            task.perform(this);
        } catch (RuntimeException | Error e) {
            log.atError().setCause(e).log("sandbox task failed");
        } finally {
            queue.finished(task);
            modules().disposeRetired();
        }
    }

    private void open() {
        engine = ModuleCompiler.engine(cacheSettings);
        // A second handle: compiling holds the first one's lock, and the ticker must not wait for it.
        try (Store<Void> store = new Store<>(null, engine())) {
            ticks = store.engine();
        }
        modules = new CompiledModules(engine(), shared, stores);
        shims = Shims.compile(engine());
    }

    private void dispose() {
        stores.close();
        if (modules != null) {
            modules.close();
        }
        if (shims != null) {
            shims.close();
        }
        if (ticks != null) {
            ticks.dispose();
        }
        if (engine != null) {
            engine.dispose();
        }
    }

    /** On the worker's thread only. */
    Engine engine() {
        return opened(engine);
    }

    /** On the worker's thread only. */
    CompiledModules modules() {
        return opened(modules);
    }

    /** On the worker's thread only. */
    Shims shims() {
        return opened(shims);
    }

    /** On the worker's thread only. */
    KeptStores stores() {
        return stores;
    }

    /** On the worker's thread only. */
    CpuClock cpuClock() {
        return cpuClock;
    }

    private static <T> T opened(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("the worker is not open");
        }
        return part;
    }

    /** Starts the clock of a run, unless it was cancelled or the sandbox is closing. */
    boolean begin(RunTask run, GuestRun guest) {
        synchronized (lock) {
            if (closing || run.isCancelled()) {
                return false;
            }
            current = run;
            streams = guest.streams();
            stop = Stop.NONE;
            deadlineNanos = System.nanoTime() + run.request().limits().runTime().toNanos();
        }
        onBegin.run();
        return true;
    }

    boolean isRunning() {
        synchronized (lock) {
            return current != null;
        }
    }

    /** How often the engine's epoch has advanced; it does only while a run is in progress. */
    long epoch() {
        synchronized (lock) {
            return epoch;
        }
    }

    void end() {
        synchronized (lock) {
            current = null;
            streams = null;
        }
    }

    /** Ends the clock of the run in progress: nothing stops it any more. Tells why it was stopped, if it was. */
    Stop endClock() {
        synchronized (lock) {
            current = null;
            return stop;
        }
    }

    /**
     * Stops the run in progress if its time is over.
     *
     * @return nanoseconds until it will be over; {@link Long#MAX_VALUE} when nothing is left to be stopped
     */
    long tick(long nowNanos) {
        synchronized (lock) {
            if (current == null || stop != Stop.NONE) {
                return Long.MAX_VALUE;
            }
            long leftNanos = deadlineNanos - nowNanos;
            if (leftNanos <= 0) {
                stop(Stop.TIMED_OUT);
                return Long.MAX_VALUE;
            }
            return leftNanos;
        }
    }

    /** Moves the input and outputs of the run in progress that its buffer does not hold; whether there were any to move. */
    boolean moveStreams() {
        RunStreams moving;
        synchronized (lock) {
            moving = streams;
        }
        return moving != null && moving.move();
    }

    void cancel(RunTask run) {
        synchronized (lock) {
            if (current == run) {
                stop(Stop.CANCELLED);
            }
        }
    }

    /** Stops the run in progress and starts no other; the thread ends once the queue is closed. */
    void close() {
        synchronized (lock) {
            closing = true;
            if (current != null) {
                stop(Stop.CANCELLED);
            }
        }
    }

    /** Whether the thread ended in time. */
    boolean awaitEnd(long timeout, TimeUnit unit) throws InterruptedException {
        thread.join(unit.toMillis(timeout));
        return !thread.isAlive();
    }

    private void stop(Stop why) {
        if (stop == Stop.NONE) {
            stop = why;
            epoch++;
            opened(ticks).incrementEpoch();
        }
    }
}

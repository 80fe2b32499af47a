package io.wasmwiz.executor.sandbox.queue;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tasks on their way to a sandbox. Accounts take turns of one task each, so an account's next task waits for at most one
 * task of every other account, however many those have waiting. An account's tasks keep their order, and none is handed
 * out while its account has as many in progress as the task allows.
 *
 * <p>Every task leaves exactly one way: taken, removed, returned by {@link #close}, or told to {@code onLate} because its
 * start-by passed. A task that was taken counts as in progress until {@link #finished} or {@link #putBack}.
 *
 * <p>Who takes may wait in {@link #take}, or {@link #poll} whenever {@link #onTakeable} calls. Thread-safe; callbacks are
 * called without the lock.
 */
public final class FairQueue<T extends QueuedTask> {
    private static final Logger log = LoggerFactory.getLogger(FairQueue.class);

    /** What became of an offer. */
    public enum Offer {
        ACCEPTED,
        /** As many tasks wait as may. */
        FULL,
        /** As many tasks of this account wait as may. */
        ACCOUNT_FULL,
        /** Its start-by has passed. */
        LATE,
        CLOSED
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition takeable = lock.newCondition();
    private final Condition startBys = lock.newCondition();
    private final WaitingLines<T> lines = new WaitingLines<>();
    private final QueueConfig config;
    private final LongSupplier nanoTime;
    private final Consumer<? super T> onLate;
    private volatile Runnable onTakeable = () -> {};
    /** Until when the watch over late tasks sleeps, while it does. */
    private long watchWakesNanos;

    private boolean closed;

    /**
     * Makes an open queue.
     *
     * @param config checked by the caller
     * @param nanoTime the clock of start-bys
     * @param onLate told each task whose start-by passed while it waited, once; must not block
     */
    public FairQueue(QueueConfig config, LongSupplier nanoTime, Consumer<? super T> onLate) {
        this.config = config;
        this.nanoTime = nanoTime;
        this.onLate = onLate;
    }

    /** From now on {@code listener} is called whenever {@link #poll} may find more than before; it must not block. */
    public void onTakeable(Runnable listener) {
        onTakeable = listener;
    }

    /** Puts {@code task} at the end of its account's line, if it was {@link Offer#ACCEPTED}. */
    public Offer offer(T task) {
        boolean mayTake;
        lock.lock();
        try {
            if (closed) {
                return Offer.CLOSED;
            }
            if (task.startByNanos() - nanoTime.getAsLong() <= 0) {
                return Offer.LATE;
            }
            if (lines.size() >= config.capacity()) {
                return Offer.FULL;
            }
            if (lines.size(task.accountId()) >= config.accountCapacity()) {
                return Offer.ACCOUNT_FULL;
            }
            lines.add(task);
            signalStartBy(task);
            mayTake = signalTakeable();
        } finally {
            lock.unlock();
        }
        call(mayTake);
        return Offer.ACCEPTED;
    }

    /** The next task in turn, which counts as in progress from now on; empty when there is none that may start. */
    public Optional<T> poll() {
        List<T> late;
        Optional<T> next;
        lock.lock();
        try {
            late = lines.removeLate(nanoTime.getAsLong());
            next = next();
        } finally {
            lock.unlock();
        }
        tell(late);
        return next;
    }

    /** Waits for the next task in turn, as {@link #poll} would give it; empty once the queue is closed. */
    public Optional<T> take() throws InterruptedException {
        while (true) {
            List<T> late;
            Optional<T> next;
            lock.lockInterruptibly();
            try {
                late = lines.removeLate(nanoTime.getAsLong());
                next = next();
                if (next.isEmpty() && late.isEmpty()) {
                    if (closed) {
                        return next;
                    }
                    takeable.await();
                }
            } finally {
                lock.unlock();
            }
            tell(late);
            if (next.isPresent()) {
                return next;
            }
        }
    }

    /** Another taker may wait while the account's second task, or the next account's first, may start. */
    private Optional<T> next() {
        Optional<T> next = lines.next();
        boolean unused = signalTakeable();
        return next;
    }

    /**
     * Ends the progress of a task that was taken, so that its account may start another.
     *
     * @throws IllegalStateException when it is not in progress
     */
    public void finished(T task) {
        boolean mayTake;
        lock.lock();
        try {
            lines.finished(task);
            mayTake = signalTakeable();
        } finally {
            lock.unlock();
        }
        call(mayTake);
    }

    /**
     * Gives back a task that was taken and did not start: it waits in its old place, whatever the capacity.
     *
     * @return false once the queue is closed: the task is the caller's to refuse
     * @throws IllegalStateException when it is not in progress
     */
    public boolean putBack(T task) {
        boolean mayTake;
        lock.lock();
        try {
            if (closed) {
                lines.finished(task);
                return false;
            }
            lines.putBack(task);
            signalStartBy(task);
            mayTake = signalTakeable();
        } finally {
            lock.unlock();
        }
        call(mayTake);
        return true;
    }

    /** Whether the task was still waiting; it is not any more. */
    public boolean remove(T task) {
        boolean mayTake;
        lock.lock();
        try {
            if (!lines.remove(task)) {
                return false;
            }
            // The one behind it may allow more tasks in progress.
            mayTake = signalTakeable();
        } finally {
            lock.unlock();
        }
        call(mayTake);
        return true;
    }

    /** Tasks waiting. */
    public int size() {
        lock.lock();
        try {
            return lines.size();
        } finally {
            lock.unlock();
        }
    }

    /** Tasks that were taken and are neither finished nor put back. */
    public int inProgress() {
        lock.lock();
        try {
            return lines.inProgress();
        } finally {
            lock.unlock();
        }
    }

    /** Accounts with a task waiting or in progress. */
    int accounts() {
        lock.lock();
        try {
            return lines.accounts();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the start-by of a waiting task passes and tells {@code onLate}; false once the queue is closed. */
    boolean awaitLate() throws InterruptedException {
        List<T> late;
        boolean mayTake;
        lock.lockInterruptibly();
        try {
            late = lines.removeLate(nanoTime.getAsLong());
            while (late.isEmpty()) {
                if (closed) {
                    return false;
                }
                awaitFirstStartBy();
                late = lines.removeLate(nanoTime.getAsLong());
            }
            // The one behind a late one may allow more tasks in progress.
            mayTake = signalTakeable();
        } finally {
            lock.unlock();
        }
        call(mayTake);
        tell(late);
        return true;
    }

    private void awaitFirstStartBy() throws InterruptedException {
        long now = nanoTime.getAsLong();
        watchWakesNanos = lines.firstStartBy().orElse(now + Long.MAX_VALUE / 2);
        long unused = startBys.awaitNanos(watchWakesNanos - now);
    }

    /** Refuses what comes and returns what was waiting, in the order of its arrival. */
    public List<T> close() {
        lock.lock();
        try {
            closed = true;
            takeable.signalAll();
            startBys.signalAll();
            return lines.removeAll();
        } finally {
            lock.unlock();
        }
    }

    /** The watch over late tasks is woken only for a start-by before the one that it sleeps until: few tasks have one. */
    private void signalStartBy(T task) {
        if (task.startByNanos() - watchWakesNanos < 0) {
            watchWakesNanos = task.startByNanos();
            startBys.signal();
        }
    }

    private boolean signalTakeable() {
        if (!lines.mayStartOne()) {
            return false;
        }
        takeable.signal();
        return true;
    }

    private void call(boolean mayTake) {
        if (mayTake) {
            onTakeable.run();
        }
    }

    /** Each is told, whatever telling another fails with. */
    private void tell(List<T> late) {
        for (T task : late) {
            try {
                onLate.accept(task);
            } catch (RuntimeException e) {
                log.atError().setCause(e).log("a late task could not be refused");
            }
        }
    }
}

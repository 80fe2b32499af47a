package io.wasmwiz.executor.sandbox.queue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tasks on their way to a sandbox. Accounts take turns of one task each, so an account's next task waits for at most one
 * task of every other account, however many those have waiting. An account's tasks keep their order, and none is handed
 * out while its account has as many in progress as the task allows.
 *
 * <p>Every task leaves exactly one way: taken, removed, returned by {@link #close}, or told to {@code onLate} because its
 * start-by passed. A task that was taken counts as in progress until {@link #finished} or {@link #putBack}.
 *
 * <p>Who takes may wait in {@link #take}, or {@link #poll} whenever {@link #onTakeable} calls. Each step costs the
 * logarithm of what waits. Thread-safe; callbacks are called without the lock.
 */
public final class FairQueue<T extends QueuedTask> {
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

    /** A task and its place: {@code number} grows with each offer. */
    private record Entry<T>(T task, long number, long startByNanos, Account<T> account) {}

    /** An account with a task here or in progress. Guarded by the queue's lock; equal only to itself. */
    private static final class Account<T> {
        final UUID id;
        final TreeSet<Entry<T>> line = new TreeSet<>(Comparator.comparingLong(Entry<T>::number));
        int inProgress;

        Account(UUID id) {
            this.id = id;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition takeable = lock.newCondition();
    private final Condition startBysChanged = lock.newCondition();

    private final Map<T, Entry<T>> waiting = new IdentityHashMap<>();
    private final Map<T, Entry<T>> inProgress = new IdentityHashMap<>();
    private final Map<UUID, Account<T>> accounts = new HashMap<>();
    /** Accounts whose first task may start now, the next turn first. */
    private final LinkedHashSet<Account<T>> turns = new LinkedHashSet<>();
    /** What waits, the first to become late first; nanoTime may overflow, so instants are compared by difference. */
    private final TreeSet<Entry<T>> startBys = new TreeSet<>((a, b) -> {
        int order = Long.signum(a.startByNanos() - b.startByNanos());
        return order != 0 ? order : Long.compare(a.number(), b.number());
    });

    private final int capacity;
    private final int accountCapacity;
    private final LongSupplier nanoTime;
    private final Consumer<? super T> onLate;
    private volatile Runnable onTakeable = () -> {};
    private long offered;
    private boolean closed;

    /**
     * Makes an open queue.
     *
     * @param config checked by the caller
     * @param nanoTime the clock of start-bys
     * @param onLate told each task whose start-by passed while it waited, once; must not block
     */
    public FairQueue(QueueConfig config, LongSupplier nanoTime, Consumer<? super T> onLate) {
        this.capacity = config.capacity();
        this.accountCapacity = config.accountCapacity();
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
            Offer refusal = refusalOf(task);
            if (refusal != null) {
                return refusal;
            }
            Account<T> account = accounts.computeIfAbsent(task.accountId(), Account::new);
            enter(new Entry<>(task, offered++, task.startByNanos(), account));
            mayTake = signalTakeable();
        } finally {
            lock.unlock();
        }
        call(mayTake);
        return Offer.ACCEPTED;
    }

    private @Nullable Offer refusalOf(T task) {
        if (closed) {
            return Offer.CLOSED;
        }
        if (task.startByNanos() - nanoTime.getAsLong() <= 0) {
            return Offer.LATE;
        }
        if (waiting.size() >= capacity) {
            return Offer.FULL;
        }
        Account<T> account = accounts.get(task.accountId());
        return account != null && account.line.size() >= accountCapacity ? Offer.ACCOUNT_FULL : null;
    }

    /** The next task in turn, which counts as in progress from now on; empty when there is none that may start. */
    public Optional<T> poll() {
        List<T> late;
        Optional<T> next;
        lock.lock();
        try {
            late = removeLate();
            next = next();
        } finally {
            lock.unlock();
        }
        late.forEach(onLate);
        return next;
    }

    /** Waits for the next task in turn, as {@link #poll} would give it; empty once the queue is closed. */
    public Optional<T> take() throws InterruptedException {
        while (true) {
            List<T> late;
            Optional<T> next;
            lock.lockInterruptibly();
            try {
                late = removeLate();
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
            late.forEach(onLate);
            if (next.isPresent()) {
                return next;
            }
        }
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
            Account<T> account = leaveProgress(task).account();
            settle(account);
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
            Entry<T> entry = leaveProgress(task);
            if (closed) {
                settle(entry.account());
                return false;
            }
            enter(entry);
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
            Entry<T> entry = waiting.get(task);
            if (entry == null) {
                return false;
            }
            leaveLine(entry);
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
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /** Accounts with a task waiting or in progress. */
    int accounts() {
        lock.lock();
        try {
            return accounts.size();
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
            for (late = removeLate(); late.isEmpty(); late = removeLate()) {
                if (closed) {
                    return false;
                }
                if (startBys.isEmpty()) {
                    startBysChanged.await();
                } else {
                    long unused = startBysChanged.awaitNanos(startBys.first().startByNanos() - nanoTime.getAsLong());
                }
            }
            // The one behind a late one may allow more tasks in progress.
            mayTake = signalTakeable();
        } finally {
            lock.unlock();
        }
        call(mayTake);
        late.forEach(onLate);
        return true;
    }

    /** Refuses what comes and returns what was waiting, in the order of its arrival. */
    public List<T> close() {
        lock.lock();
        try {
            closed = true;
            takeable.signalAll();
            startBysChanged.signalAll();
            List<Entry<T>> left = new ArrayList<>(waiting.values());
            left.sort(Comparator.comparingLong(Entry::number));
            left.forEach(this::leaveLine);
            return left.stream().map(Entry::task).toList();
        } finally {
            lock.unlock();
        }
    }

    private void enter(Entry<T> entry) {
        waiting.put(entry.task(), entry);
        entry.account().line.add(entry);
        startBys.add(entry);
        if (startBys.first() == entry) {
            startBysChanged.signal();
        }
        settle(entry.account());
    }

    private void leaveLine(Entry<T> entry) {
        waiting.remove(entry.task());
        entry.account().line.remove(entry);
        startBys.remove(entry);
        settle(entry.account());
    }

    private Entry<T> leaveProgress(T task) {
        Entry<T> entry = inProgress.remove(task);
        if (entry == null) {
            throw new IllegalStateException("this task is not in progress");
        }
        entry.account().inProgress--;
        return entry;
    }

    private Optional<T> next() {
        if (turns.isEmpty()) {
            return Optional.empty();
        }
        Account<T> account = turns.iterator().next();
        // Its next turn comes after everybody else's.
        turns.remove(account);
        Entry<T> entry = account.line.first();
        account.inProgress++;
        inProgress.put(entry.task(), entry);
        leaveLine(entry);
        // Another taker may wait while the account's second task, or the next account's first, may start.
        boolean unused = signalTakeable();
        return Optional.of(entry.task());
    }

    private List<T> removeLate() {
        long now = nanoTime.getAsLong();
        List<T> late = List.of();
        while (!startBys.isEmpty() && startBys.first().startByNanos() - now <= 0) {
            Entry<T> entry = startBys.first();
            leaveLine(entry);
            late = late.isEmpty() ? new ArrayList<>() : late;
            late.add(entry.task());
        }
        return late;
    }

    /** Gives the account a turn, lets it keep its turn or takes it away, after whatever changed about it. */
    private void settle(Account<T> account) {
        if (account.line.isEmpty()) {
            turns.remove(account);
            if (account.inProgress == 0) {
                accounts.remove(account.id);
            }
        } else if (account.inProgress < account.line.first().task().accountConcurrency()) {
            turns.add(account);
        } else {
            turns.remove(account);
        }
    }

    private boolean signalTakeable() {
        if (turns.isEmpty()) {
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
}

package io.wasmwiz.executor.work;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Few threads that compute for one account after the other, however much one of them asks for; within an account in the
 * order of submission. What waits is bounded, an account's part of it to a quarter, and can be taken back. Thread-safe;
 * its opener closes it.
 */
public final class FairPool implements AutoCloseable {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
    private static final int SHARES = 4;
    private static final long CLOSE_SECONDS = 5;

    private final String name;
    private final int capacity;
    private final List<Thread> threads = new ArrayList<>();

    /** What waits, by account; the account whose turn it is comes first. Guarded by this. */
    private final Map<UUID, Set<Job<?>>> waiting = new LinkedHashMap<>();

    private int waitingJobs;
    private boolean closed;

    private FairPool(String name, int capacity) {
        this.name = name;
        this.capacity = capacity;
    }

    /**
     * Opens a pool.
     *
     * @param name of the queue in refusals, metrics and thread names
     * @param threadCount threads, at least 1
     * @param capacity jobs that may wait, at least 1
     */
    public static FairPool open(String name, int threadCount, int capacity, MeterRegistry metrics) {
        FairPool pool = new FairPool(name, capacity);
        for (int i = 1; i <= threadCount; i++) {
            Thread thread = new Thread(pool::work, "work-" + name + "-" + i);
            thread.setDaemon(true);
            pool.threads.add(thread);
        }
        pool.threads.forEach(Thread::start);
        Gauge.builder("wasmwiz." + name + ".queue.depth", pool::waitingJobs)
                .description("Jobs waiting for a thread")
                .register(metrics);
        return pool;
    }

    /** Work that was submitted. Thread-safe. */
    public final class Job<T> {
        private final UUID account;
        private final Callable<T> work;
        private final CompletableFuture<T> result = new CompletableFuture<>();

        private Job(UUID account, Callable<T> work) {
            this.account = account;
            this.work = work;
        }

        /**
         * Completes on one of the threads as the work does; with {@link RefusedException} when the queue was full, the pool
         * closed, or the job cancelled before it began.
         */
        public CompletionStage<T> result() {
            return result.minimalCompletionStage();
        }

        /** Takes it back if it still waits; does nothing otherwise. */
        public void cancel() {
            if (remove(this)) {
                refuse(new Refusal.Cancelled());
            }
        }

        private void perform() {
            try {
                result.complete(work.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        }

        private void refuse(Refusal refusal) {
            result.completeExceptionally(new RefusedException(refusal));
        }
    }

    /** Has {@code work} done in the account's turn. */
    public <T> Job<T> submit(UUID account, Callable<T> work) {
        Job<T> job = new Job<>(account, work);
        Refusal refusal = add(job);
        if (refusal != null) {
            job.refuse(refusal);
        }
        return job;
    }

    private synchronized @Nullable Refusal add(Job<?> job) {
        if (closed) {
            return new Refusal.Draining(RETRY_AFTER);
        }
        Set<Job<?>> ofAccount = waiting.get(job.account);
        if (waitingJobs >= capacity || (ofAccount != null && ofAccount.size() >= Math.max(1, capacity / SHARES))) {
            return new Refusal.ServerBusy(name, RETRY_AFTER);
        }
        waiting.computeIfAbsent(job.account, account -> new LinkedHashSet<>()).add(job);
        waitingJobs++;
        notify();
        return null;
    }

    private synchronized boolean remove(Job<?> job) {
        Set<Job<?>> ofAccount = waiting.get(job.account);
        if (ofAccount == null || !ofAccount.remove(job)) {
            return false;
        }
        waitingJobs--;
        if (ofAccount.isEmpty()) {
            waiting.remove(job.account);
        }
        return true;
    }

    private synchronized int waitingJobs() {
        return waitingJobs;
    }

    private void work() {
        try {
            for (Job<?> job = take(); job != null; job = take()) {
                job.perform();
            }
        } catch (InterruptedException e) {
            // Only closing interrupts, and it refuses what is left.
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for a job; null once the pool is closed. The account it is of goes to the end of the line. */
    private synchronized @Nullable Job<?> take() throws InterruptedException {
        while (waiting.isEmpty()) {
            if (closed) {
                return null;
            }
            wait();
        }
        Set<Job<?>> ofFirst = waiting.values().iterator().next();
        Job<?> job = ofFirst.iterator().next();
        remove(job);
        if (waiting.remove(job.account) != null) {
            waiting.put(job.account, ofFirst);
        }
        return job;
    }

    /** Finishes what was submitted, at most 5 s, refuses the rest and takes nothing more. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        try {
            for (Thread thread : threads) {
                thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads.forEach(Thread::interrupt);
        left().forEach(job -> job.refuse(new Refusal.Draining(RETRY_AFTER)));
    }

    private synchronized List<Job<?>> left() {
        List<Job<?>> left = new ArrayList<>();
        waiting.values().forEach(left::addAll);
        waiting.clear();
        waitingJobs = 0;
        return left;
    }
}

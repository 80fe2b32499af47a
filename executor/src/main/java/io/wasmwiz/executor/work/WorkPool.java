package io.wasmwiz.executor.work;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ExecutorServiceMetrics;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.service.database.Database;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Few threads and a bounded queue for work that blocks or computes, so that neither Netty's threads nor those of the
 * sandbox and of Kafka ever do. {@link #submit} is for work whose failure a caller is told, {@link #execute} for work that
 * has an answer of its own to a full queue. Thread-safe; its opener closes it.
 */
public final class WorkPool implements Executor, AutoCloseable {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
    private static final long CLOSE_SECONDS = 5;

    private final String name;
    private final ThreadPoolExecutor threads;

    private WorkPool(String name, ThreadPoolExecutor threads) {
        this.name = name;
        this.threads = threads;
    }

    /**
     * Opens a pool.
     *
     * @param name of the queue in refusals, metrics and thread names
     * @param threadCount threads, at least 1, started as they are needed; more than the connection pool holds are of no use
     *     to work that reads PostgreSQL
     * @param queueCapacity pieces of work that may wait, at least 1
     */
    public static WorkPool open(String name, int threadCount, int queueCapacity, MeterRegistry metrics) {
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                threadCount, threadCount, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(queueCapacity), runnable -> {
                    Thread thread = new Thread(runnable, "work-" + name + "-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        new ExecutorServiceMetrics(threads, name, "wasmwiz", List.of()).bindTo(metrics);
        return new WorkPool(name, threads);
    }

    /**
     * Runs {@code work} on one of the threads.
     *
     * @return completes on that thread; with {@link RefusedException} at once when the queue is full, and when the
     *     failure means that PostgreSQL is away; otherwise as the work does
     */
    public <T> CompletableFuture<T> submit(Callable<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            execute(() -> complete(result, work));
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(new RefusedException(
                    threads.isShutdown()
                            ? new Refusal.Draining(RETRY_AFTER)
                            : new Refusal.ServerBusy(name, RETRY_AFTER)));
        }
        return result;
    }

    /** Runs {@code task} soon; throws {@link RejectedExecutionException} when the queue is full or this is closed. */
    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    private static <T> void complete(CompletableFuture<T> result, Callable<T> work) {
        T value;
        try {
            value = work.call();
        } catch (Throwable e) {
            result.completeExceptionally(
                    Database.isUnavailable(e) ? new RefusedException(new Refusal.DatabaseUnavailable(RETRY_AFTER)) : e);
            return;
        }
        result.complete(value);
    }

    /** Finishes what was submitted, at most 5 s, and takes nothing more. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}

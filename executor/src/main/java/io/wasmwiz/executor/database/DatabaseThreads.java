package io.wasmwiz.executor.database;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A fixed number of threads that may block on PostgreSQL, behind a bounded queue, so that no thread that serves calls
 * ever waits for the database. Thread-safe; its opener closes it.
 */
public final class DatabaseThreads implements Executor, AutoCloseable {
    private static final long CLOSE_SECONDS = 5;

    private final ThreadPoolExecutor threads;

    /**
     * Starts threads as they are needed.
     *
     * @param name of the threads, followed by a number
     * @param count threads, at least 1; more than the connection pool holds are of no use
     * @param queue reads waiting at most, at least 1
     */
    public DatabaseThreads(String name, int count, int queue) {
        AtomicInteger number = new AtomicInteger();
        threads =
                new ThreadPoolExecutor(count, count, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(queue), runnable -> {
                    Thread thread = new Thread(runnable, name + "-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /** Runs {@code task} soon; throws {@link RejectedExecutionException} when the queue is full or this is closed. */
    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    /** Refuses new tasks and waits up to 5 s for those accepted. */
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

package io.wasmwiz.executor.batch;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.CallerCheck;
import io.wasmwiz.executor.claims.BatchClaim;
import io.wasmwiz.executor.claims.BatchClaims;
import io.wasmwiz.executor.execution.BatchExecution;
import io.wasmwiz.executor.execution.BatchItem;
import io.wasmwiz.executor.execution.ExecutionPipeline;
import io.wasmwiz.executor.work.WorkPool;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * The batches of this executor: what they share, and the threads on which they take turns. Thread-safe; its opener closes
 * it when no batch is open any more.
 */
public final class Batches implements AutoCloseable {
    static final Duration RETRY_AFTER = Duration.ofSeconds(1);
    private static final long TICK_MILLIS = 250;

    private final BatchConfig config;
    private final ExecutionPipeline pipeline;
    private final BatchClaims claims;
    private final WorkPool database;
    private final CallerCheck callerCheck;
    private final ScheduledExecutorService timers;
    private final LongSupplier nanoTime;
    private final AccountShares shares;
    private final Set<BatchStream> open = ConcurrentHashMap.newKeySet();
    /** Its queue is bounded by the batches that are open: each waits in it once at most. */
    private final ThreadPoolExecutor threads;

    private final Future<?> ticks;
    private volatile boolean draining;

    private Batches(
            BatchConfig config,
            ExecutionPipeline pipeline,
            BatchClaims claims,
            WorkPool database,
            CallerCheck callerCheck,
            ScheduledExecutorService timers,
            LongSupplier nanoTime) {
        this.config = config;
        this.pipeline = pipeline;
        this.claims = claims;
        this.database = database;
        this.callerCheck = callerCheck;
        this.timers = timers;
        this.nanoTime = nanoTime;
        this.shares = new AccountShares(config.accountInFlight(), config.bytes());
        AtomicInteger number = new AtomicInteger();
        this.threads = new ThreadPoolExecutor(
                config.threads(), config.threads(), 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), runnable -> {
                    Thread thread = new Thread(runnable, "batch-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        this.ticks = timers.scheduleWithFixedDelay(
                () -> open.forEach(BatchStream::tick), TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * Opens over {@code pipeline}; {@code config} is checked by the caller.
     *
     * @param database threads for {@code claims}, the caller's to close, afterwards
     * @param callerCheck asked before each item
     * @param timers the caller's to close, afterwards
     */
    public static Batches open(
            BatchConfig config,
            ExecutionPipeline pipeline,
            BatchClaims claims,
            WorkPool database,
            CallerCheck callerCheck,
            ScheduledExecutorService timers,
            MeterRegistry metrics) {
        Batches batches = new Batches(config, pipeline, claims, database, callerCheck, timers, System::nanoTime);
        Gauge.builder("wasmwiz.batches.open", batches.open, Set::size)
                .description("Batches that have not ended")
                .register(metrics);
        Gauge.builder("wasmwiz.batches.items.in.flight", batches.shares, AccountShares::items)
                .description("Items of batches between their start and the sending of their result")
                .register(metrics);
        Gauge.builder("wasmwiz.batches.held.bytes", batches.shares, AccountShares::bytes)
                .description("Inputs and outputs of those items")
                .register(metrics);
        return batches;
    }

    /**
     * Begins a batch of {@code caller}.
     *
     * @param deadlineNanos the {@link System#nanoTime} at which the client stops waiting; who sets it also cancels then
     */
    public BatchStream begin(Caller caller, BatchReplies replies, OptionalLong deadlineNanos) {
        BatchStream stream = new BatchStream(this, caller, replies, deadlineNanos, nanoTime.getAsLong());
        open.add(stream);
        stream.tick();
        if (draining) {
            stream.drain();
        }
        return stream;
    }

    /** Ends all batches, those that begin later too, once what they have in progress is answered. */
    public void drain() {
        draining = true;
        open.forEach(BatchStream::drain);
    }

    BatchConfig config() {
        return config;
    }

    ExecutionPipeline pipeline() {
        return pipeline;
    }

    /** The claim of a batch. */
    CompletionStage<BatchClaim> claim(UUID accountId, UUID batchId) {
        return database.submit(() -> claims.claim(accountId, batchId));
    }

    /** Where items of a claimed batch stand; one trip for all. */
    CompletionStage<List<BatchClaim.Item>> find(
            UUID accountId, BatchClaim.Granted claim, BatchExecution batch, List<BatchItem> items) {
        return database.submit(() -> claims.find(
                accountId,
                claim,
                items.stream()
                        .map(item -> new BatchClaims.Named(item.itemId(), batch.content(item)))
                        .toList()));
    }

    CallerCheck callerCheck() {
        return callerCheck;
    }

    AccountShares shares() {
        return shares;
    }

    long nanoTime() {
        return nanoTime.getAsLong();
    }

    void ended(BatchStream stream) {
        open.remove(stream);
    }

    void execute(Runnable turn) {
        try {
            threads.execute(turn);
        } catch (RejectedExecutionException e) {
            // Closed: every client's call has ended, and what an abandoned run comes to is recorded without us.
        }
    }

    void after(Duration delay, Runnable task) {
        try {
            Future<?> unused = timers.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            task.run();
        }
    }

    @Override
    public void close() {
        ticks.cancel(false);
        threads.shutdown();
    }
}

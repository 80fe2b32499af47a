package io.wasmwiz.metering.consume;

import io.wasmwiz.metering.MeteringMetrics;
import io.wasmwiz.metering.event.LogBatch;
import io.wasmwiz.metering.store.Ledger;
import io.wasmwiz.metering.store.WriteOutcome;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Writes a batch on a thread of its own, so that the loop can read the next one while the database works. One at a time;
 * used by one thread, which closes it.
 */
final class BatchWriter implements AutoCloseable {
    private final Ledger ledger;
    private final MeteringMetrics metrics;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(runnable -> {
        Thread writer = new Thread(runnable, "ledger-writer");
        writer.setDaemon(true);
        return writer;
    });
    private @Nullable Future<WriteOutcome> writing;

    BatchWriter(Ledger ledger, MeteringMetrics metrics) {
        this.ledger = ledger;
        this.metrics = metrics;
    }

    /** Starts to write; {@link #await} says what became of it. */
    void start(LogBatch batch, UUID topicId) {
        if (writing != null) {
            throw new IllegalStateException("a batch is being written");
        }
        writing = thread.submit(() -> metrics.timeWrite(() -> ledger.write(batch, topicId)));
    }

    /** Whether a batch was started and not awaited. */
    boolean isWriting() {
        return writing != null;
    }

    /**
     * Waits for the batch that was started.
     *
     * @throws io.wasmwiz.metering.store.LedgerException as {@link Ledger#write}
     * @throws InterruptException when the waiting thread is interrupted; whether the batch was written is not known then
     */
    WriteOutcome await() {
        Future<WriteOutcome> started = writing;
        if (started == null) {
            throw new IllegalStateException("no batch is being written");
        }
        writing = null;
        try {
            return started.get();
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Does not wait for a batch that is being written. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}

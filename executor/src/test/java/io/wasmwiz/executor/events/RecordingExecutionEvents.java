package io.wasmwiz.executor.events;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** A log in memory, which answers as it is told. Thread-safe. */
public final class RecordingExecutionEvents implements ExecutionEvents {
    /** The end of a lease. */
    public record Closed(UUID accountId, UUID leaseId) {}

    private final List<ExecutionRecord> executions = new CopyOnWriteArrayList<>();
    private final List<Closed> closed = new CopyOnWriteArrayList<>();
    private volatile Supplier<Publication> answers = () -> Publication.DURABLE;

    /** From now on, every publication comes to what {@code answers} says; only durable ones are recorded. */
    public void answer(Supplier<Publication> answers) {
        this.answers = answers;
    }

    /** Executions in the log. */
    public List<ExecutionRecord> executions() {
        return executions;
    }

    /** Ends of leases in the log. */
    public List<Closed> closed() {
        return closed;
    }

    @Override
    public boolean isAccepting() {
        return true;
    }

    @Override
    public CompletionStage<Publication> publish(ExecutionRecord execution) {
        return answered(() -> executions.add(execution));
    }

    @Override
    public CompletionStage<Publication> closeLease(UUID accountId, UUID leaseId) {
        return answered(() -> closed.add(new Closed(accountId, leaseId)));
    }

    private CompletionStage<Publication> answered(Runnable whenDurable) {
        Publication publication = answers.get();
        if (publication == Publication.DURABLE) {
            whenDurable.run();
        }
        return CompletableFuture.completedFuture(publication);
    }

    @Override
    public void close() {}
}

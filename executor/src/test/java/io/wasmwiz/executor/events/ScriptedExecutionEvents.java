package io.wasmwiz.executor.events;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers what was published and answers as it is told. Thread-safe. */
public final class ScriptedExecutionEvents implements ExecutionEvents {
    private final List<ExecutionRecord> published = new CopyOnWriteArrayList<>();
    private volatile boolean accepting = true;
    private volatile CompletionStage<Publication> answer = CompletableFuture.completedFuture(Publication.DURABLE);

    public void accepts(boolean nowAccepting) {
        accepting = nowAccepting;
    }

    public void answers(Publication publication) {
        answer = CompletableFuture.completedFuture(publication);
    }

    public void answers(CompletionStage<Publication> later) {
        answer = later;
    }

    public List<ExecutionRecord> published() {
        return List.copyOf(published);
    }

    @Override
    public boolean isAccepting() {
        return accepting;
    }

    @Override
    public CompletionStage<Publication> publish(ExecutionRecord execution) {
        published.add(execution);
        return answer;
    }

    @Override
    public CompletionStage<Publication> closeLease(UUID accountId, UUID leaseId) {
        return answer;
    }

    @Override
    public void close() {}
}

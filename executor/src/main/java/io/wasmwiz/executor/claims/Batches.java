package io.wasmwiz.executor.claims;

import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.executor.work.WorkPool;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Collects what is asked while an earlier batch is under way, and asks it together: one caller waits for nobody, many
 * share a trip. One batch is under way at a time. Thread-safe; never blocks.
 *
 * @param <Q> what is asked
 * @param <A> what is answered
 */
final class Batches<Q, A> {
    private static final int MAX_BATCH = 128;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final String name;
    private final int capacity;
    private final WorkPool threads;
    private final Function<List<Q>, List<A>> work;
    private final Queue<Waiting<Q, A>> waiting = new ArrayDeque<>();
    private boolean underWay;

    private record Waiting<Q, A>(Q question, CompletableFuture<A> answer) {}

    /**
     * Batches of {@code work}, which answers as many as it is asked, in the same order.
     *
     * @param name of the queue, in refusals
     * @param capacity questions that may wait, at least 1
     */
    Batches(String name, int capacity, WorkPool threads, Function<List<Q>, List<A>> work) {
        this.name = name;
        this.capacity = capacity;
        this.threads = threads;
        this.work = work;
    }

    /** Asks; completes on a thread of the pool, with {@link RefusedException} when too much waits already. */
    CompletableFuture<A> ask(Q question) {
        Waiting<Q, A> asked = new Waiting<>(question, new CompletableFuture<>());
        synchronized (this) {
            if (waiting.size() >= capacity) {
                return CompletableFuture.failedFuture(new RefusedException(new Refusal.ServerBusy(name, RETRY_AFTER)));
            }
            waiting.add(asked);
            if (underWay) {
                return asked.answer();
            }
            underWay = true;
        }
        next();
        return asked.answer();
    }

    private void next() {
        List<Waiting<Q, A>> batch = new ArrayList<>();
        synchronized (this) {
            while (batch.size() < MAX_BATCH && !waiting.isEmpty()) {
                batch.add(waiting.remove());
            }
            if (batch.isEmpty()) {
                underWay = false;
                return;
            }
        }
        List<Q> questions = batch.stream().map(Waiting::question).toList();
        CompletableFuture<?> unused = threads.submit(() -> work.apply(questions))
                .whenComplete((answers, failure) -> {
                    // The next batch goes first: what follows from an answer may take a while.
                    next();
                    for (int i = 0; i < batch.size(); i++) {
                        if (failure == null) {
                            batch.get(i).answer().complete(answers.get(i));
                        } else {
                            batch.get(i).answer().completeExceptionally(failure);
                        }
                    }
                });
    }
}

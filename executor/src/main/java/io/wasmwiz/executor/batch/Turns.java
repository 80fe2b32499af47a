package io.wasmwiz.executor.batch;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What happens to one batch, dealt with in turns, one at a time: what is noted during a turn is dealt with together in the
 * next. Thread-safe; no method blocks.
 */
final class Turns {
    private final Executor threads;
    private final Runnable turn;
    private final Consumer<Throwable> fault;
    private final Queue<Runnable> events = new ConcurrentLinkedQueue<>();
    private final AtomicInteger scheduled = new AtomicInteger();

    /**
     * Prepares turns.
     *
     * @param turn what is done once the events that were noted before it have run
     * @param fault told what an event or a turn threw
     */
    Turns(Executor threads, Runnable turn, Consumer<Throwable> fault) {
        this.threads = threads;
        this.turn = turn;
        this.fault = fault;
    }

    /** Runs {@code event} in the next turn. */
    void note(Runnable event) {
        events.add(event);
        schedule();
    }

    /** Takes another turn. */
    void schedule() {
        if (scheduled.getAndIncrement() == 0) {
            threads.execute(this::take);
        }
    }

    private void take() {
        int seen = scheduled.get();
        try {
            for (@Nullable Runnable event = events.poll(); event != null; event = events.poll()) {
                event.run();
            }
            turn.run();
        } catch (RuntimeException | Error e) {
            fault.accept(e);
        }
        if (scheduled.addAndGet(-seen) != 0) {
            threads.execute(this::take);
        }
    }
}

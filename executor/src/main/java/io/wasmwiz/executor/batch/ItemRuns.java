package io.wasmwiz.executor.batch;

import io.wasmwiz.executor.execution.BatchExecution;
import io.wasmwiz.executor.execution.BatchItem;
import io.wasmwiz.executor.execution.Cancellation;
import io.wasmwiz.executor.execution.Outcome;
import io.wasmwiz.executor.refusal.Refusal;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The items of an open batch that have no result: those that wait for their start, in order, and those in progress. Of the
 * batch's turns only.
 */
final class ItemRuns {
    /** Starts in one turn, so that batches take turns on the threads. */
    private static final int MAX_STARTS_PER_TURN = 64;

    private final Batches batches;
    private final Turns turns;
    private final CallerWatch watch;
    private final ResultSender results;
    private final BatchRequest request;
    private final BatchExecution batch;
    private final OptionalLong deadlineNanos;
    private final Consumer<Refusal> end;
    private final Consumer<Throwable> fail;
    private final UUID accountId;
    private final Runnable roomCame;
    private final ArrayDeque<PendingItem> pending = new ArrayDeque<>();
    private final Set<PendingItem> inProgress = new HashSet<>();
    private final RecentItems recent = new RecentItems(RecentItems.CAPACITY);
    private boolean isWaitingForRoom;
    private boolean isEnding;
    private boolean isClosed;
    private @Nullable Postponement pause;
    private long numbered;
    private long lastEndNanos;

    /**
     * Begins without items.
     *
     * @param deadlineNanos the {@link System#nanoTime} at which the client stops waiting
     * @param end told why, when no further item would fare better
     * @param fail told what nobody foresaw
     */
    ItemRuns(
            Batches batches,
            Turns turns,
            CallerWatch watch,
            ResultSender results,
            BatchRequest request,
            BatchExecution batch,
            OptionalLong deadlineNanos,
            Consumer<Refusal> end,
            Consumer<Throwable> fail) {
        this.batches = batches;
        this.turns = turns;
        this.watch = watch;
        this.results = results;
        this.request = request;
        this.batch = batch;
        this.deadlineNanos = deadlineNanos;
        this.end = end;
        this.fail = fail;
        this.accountId = watch.caller().accountId();
        this.roomCame = () -> turns.note(() -> isWaitingForRoom = false);
        this.lastEndNanos = batches.nanoTime();
    }

    /** What the items run. */
    BatchExecution batch() {
        return batch;
    }

    /** Items between their start and the sending of their result, at most. */
    int window() {
        long wished = request.inFlight() == 0 ? Long.MAX_VALUE : request.inFlight();
        int most = Math.min(batches.config().inFlight(), watch.caller().tier().maxConcurrency());
        return (int) Math.min(wished, most);
    }

    /** Whether it is time to read more items. */
    boolean wantsMore() {
        return pending.size() < window();
    }

    /** Whether no item is without a result. */
    boolean isIdle() {
        return pending.isEmpty() && inProgress.isEmpty();
    }

    /** Whether something runs. */
    boolean isRunning() {
        return !inProgress.isEmpty();
    }

    /** When an item last ended. */
    long lastEndNanos() {
        return lastEndNanos;
    }

    /** Takes an item that is to be run. */
    void add(BatchItem item, BatchExecution.Place place) {
        pending.add(new PendingItem(item, place, numbered++));
    }

    /** Starts what may start. */
    void start() {
        int starts = 0;
        while (mayStart()) {
            if (starts++ == MAX_STARTS_PER_TURN) {
                turns.schedule();
                return;
            }
            if (!watch.mayRunAnother()) {
                return;
            }
            PendingItem item = pending.element();
            long bytes = item.item.input().length;
            if (!batches.shares().tryTake(accountId, bytes, roomCame)) {
                isWaitingForRoom = true;
                return;
            }
            pending.remove();
            if (item.cancellation == null && !recent.add(item.item.itemId())) {
                answer(item, bytes, new Outcome.Refused(new Refusal.ItemRepeated(item.item.itemId())));
            } else {
                start(item, bytes);
            }
        }
    }

    private boolean mayStart() {
        return !isEnding
                && !watch.isAsking()
                && !isWaitingForRoom
                && pause == null
                && !pending.isEmpty()
                && inProgress.size() + results.size() < window();
    }

    private void start(PendingItem item, long bytes) {
        inProgress.add(item);
        Cancellation cancellation = new Cancellation(deadlineNanos);
        item.cancellation = cancellation;
        batch.execute(watch.caller(), item.item, item.place, cancellation)
                .whenComplete((outcome, failure) -> turns.note(() -> completed(item, bytes, outcome, failure)));
    }

    private void completed(PendingItem item, long bytes, @Nullable Outcome outcome, @Nullable Throwable failure) {
        inProgress.remove(item);
        lastEndNanos = batches.nanoTime();
        if (isClosed || outcome == null) {
            batches.shares().giveBack(accountId, 1, bytes);
            if (outcome == null) {
                fail.accept(failure == null ? new IllegalStateException("an item without an outcome") : failure);
            }
            return;
        }
        Optional<Postponement> postponement =
                outcome instanceof Outcome.Refused no ? postponement(item, no.refusal()) : Optional.empty();
        if (postponement.isPresent()) {
            batches.shares().giveBack(accountId, 1, bytes);
            pending.addFirst(item);
            pause(postponement.get());
            return;
        }
        if (outcome instanceof Outcome.Refused no && endsBatch(no.refusal())) {
            end.accept(no.refusal());
        } else if (pause != null && !pause.isPacing()) {
            // What was busy has just let go of something.
            pause = null;
        }
        answer(item, bytes, outcome);
    }

    /** Whether no further item would fare better: this server goes away, or the claim's day is over. */
    private static boolean endsBatch(Refusal refusal) {
        return refusal instanceof Refusal.Draining || refusal instanceof Refusal.BatchIdRefused;
    }

    private Optional<Postponement> postponement(PendingItem item, Refusal refusal) {
        Optional<Postponement> wanted = isEnding ? Optional.empty() : Postponement.of(refusal, request.paceByMinute());
        if (wanted.isEmpty() || wanted.get().isPacing()) {
            return wanted;
        }
        long nowNanos = batches.nanoTime();
        long sinceNanos = item.busySinceNanos.orElse(nowNanos);
        item.busySinceNanos = OptionalLong.of(sinceNanos);
        return nowNanos - sinceNanos < batches.config().patience().toNanos() ? wanted : Optional.empty();
    }

    private void pause(Postponement why) {
        pause = why;
        batches.after(
                why.delay(),
                () -> turns.note(() -> {
                    if (pause == why) {
                        pause = null;
                    }
                }));
    }

    private void answer(PendingItem item, long bytes, Outcome outcome) {
        results.add(item, bytes, outcome, request.ordered());
    }

    /** From now on nothing begins; what runs is still answered. */
    void drop() {
        isEnding = true;
        pending.clear();
    }

    /** From now on nothing begins and nothing is answered. */
    void close() {
        drop();
        isClosed = true;
        batches.shares().stopWaiting(accountId, roomCame);
        batch.close();
    }

    /** Stops what runs, which is recorded and charged. */
    void cancel() {
        inProgress.forEach(item -> {
            if (item.cancellation != null) {
                item.cancellation.cancel();
            }
        });
    }
}

package io.wasmwiz.executor.batch;

import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.claims.BatchClaim;
import io.wasmwiz.executor.execution.BatchExecution;
import io.wasmwiz.executor.execution.BatchItem;
import io.wasmwiz.executor.execution.BatchOpening;
import io.wasmwiz.executor.execution.Cancellation;
import io.wasmwiz.executor.execution.RequestRules;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One batch: reads items while it may have more in progress, runs them, sends what became of them while its client reads,
 * and ends. Whatever happens to it is noted and dealt with in turns, one at a time, on a thread of {@link Batches}; what
 * completes during a turn is told together in the next.
 *
 * <p>Its memory is bounded: one message that was read, the items in progress, their results until they are sent, and
 * {@link RecentItems}. Its methods are thread-safe and never block.
 */
public final class BatchStream {
    static final int MAX_ITEMS_PER_MESSAGE = 1_024;

    private final Batches batches;
    private final BatchReplies replies;
    private final OptionalLong deadlineNanos;
    private final Turns turns;

    // From here on: of the turn only.
    private final CallerWatch watch;
    private final ResultSender results;
    private final Cancellation openingCancellation;
    private @Nullable BatchRequest request;
    private BatchClaim.@Nullable Granted claim;
    private @Nullable ItemRuns runs;
    private @Nullable Refusal ending;
    private boolean requested;
    private boolean halfClosed;
    private boolean isLooking;
    private boolean ended;
    /** When it last read or sent something. */
    private long lastBusyNanos;

    BatchStream(Batches batches, Caller caller, BatchReplies replies, OptionalLong deadlineNanos, long nowNanos) {
        this.batches = batches;
        this.replies = replies;
        this.deadlineNanos = deadlineNanos;
        this.turns = new Turns(batches::execute, this::takeTurn, this::fail);
        this.watch = new CallerWatch(batches.callerCheck(), turns, caller, this::end);
        this.results = new ResultSender(replies, batches.shares(), caller.accountId(), nowNanos);
        this.openingCancellation = new Cancellation(deadlineNanos);
        this.lastBusyNanos = nowNanos;
    }

    /** The client opens the batch. */
    public void onOpening(BatchRequest opening) {
        note(() -> {
            requested = false;
            if (request != null) {
                end(fault("BATCH_OPENED_TWICE", "a batch is opened once, by its first message"));
                return;
            }
            request = opening;
            lastBusyNanos = batches.nanoTime();
            if (opening.batchId().isEmpty()) {
                open(opening);
            } else if (RequestRules.isUuid(opening.batchId())) {
                batches.claim(watch.caller().accountId(), UUID.fromString(opening.batchId()))
                        .whenComplete((answer, failure) -> note(() -> claimed(opening, answer, failure)));
            } else {
                end(fault("BATCH_ID_MALFORMED", "batch_id must be a UUID of 36 characters, or empty"));
            }
        });
    }

    private void claimed(BatchRequest opening, @Nullable BatchClaim answer, @Nullable Throwable failure) {
        if (answer == null) {
            failOrRefuse(failure);
        } else if (answer instanceof BatchClaim.Refused no) {
            end(new Refusal.BatchIdRefused(no.reason(), Batches.RETRY_AFTER));
        } else if (!ended) {
            claim = (BatchClaim.Granted) answer;
            open(opening);
        }
    }

    private void open(BatchRequest opening) {
        batches.pipeline()
                .openBatch(watch.caller(), opening.shared(), openingCancellation)
                .whenComplete((opened, failure) -> note(() -> opened(opening, opened, failure)));
    }

    private void failOrRefuse(@Nullable Throwable failure) {
        Throwable fault = failure == null ? new IllegalStateException("a stage without a result") : failure;
        RefusedException.refusalIn(fault).ifPresentOrElse(this::end, () -> fail(fault));
    }

    private void opened(BatchRequest request, @Nullable BatchOpening opening, @Nullable Throwable failure) {
        if (opening == null) {
            failOrRefuse(failure);
        } else if (opening instanceof BatchOpening.Refused no) {
            end(no.refusal());
        } else {
            BatchExecution opened = ((BatchOpening.Opened) opening).batch();
            if (ended) {
                opened.close();
                return;
            }
            ItemRuns open =
                    new ItemRuns(batches, turns, watch, results, request, opened, deadlineNanos, this::end, this::fail);
            runs = open;
            lastBusyNanos = batches.nanoTime();
            replies.opened(opened.module(), open.window());
        }
    }

    /** The client sends items; the list is not changed any more. */
    public void onItems(List<BatchItem> items) {
        note(() -> {
            requested = false;
            lastBusyNanos = batches.nanoTime();
            if (request == null) {
                end(fault("BATCH_NOT_OPENED", "items came before the batch was opened"));
            } else if (items.isEmpty()) {
                end(fault("BATCH_MESSAGE_EMPTY", "a message must open the batch or bring items"));
            } else if (items.size() > MAX_ITEMS_PER_MESSAGE) {
                end(fault(
                        "TOO_MANY_ITEMS",
                        "a message brought %d items, at most %d are allowed"
                                .formatted(items.size(), MAX_ITEMS_PER_MESSAGE)));
            } else if (ending == null && runs != null) {
                look(runs, items);
            }
        });
    }

    /** Items of a claimed batch are looked up before they wait for their start: a trip a message. */
    private void look(ItemRuns open, List<BatchItem> items) {
        if (claim == null) {
            items.forEach(item -> open.add(item, BatchExecution.Place.unclaimed(item.itemId())));
            return;
        }
        UUID batchId = claim.batchId();
        isLooking = true;
        batches.find(watch.caller().accountId(), claim, open.batch(), items)
                .whenComplete((found, failure) -> note(() -> {
                    isLooking = false;
                    if (found == null) {
                        failOrRefuse(failure);
                    } else if (ending == null) {
                        for (int i = 0; i < items.size(); i++) {
                            BatchItem item = items.get(i);
                            open.add(item, BatchExecution.Place.of(item.itemId(), batchId, found.get(i)));
                        }
                    }
                }));
    }

    /** The client sends a message that is neither. */
    public void onEmptyMessage() {
        onItems(List.of());
    }

    /** The client has no more items. */
    public void onHalfClose() {
        note(() -> {
            requested = false;
            halfClosed = true;
            if (request == null) {
                end(fault("BATCH_NOT_OPENED", "the stream ended before the batch was opened"));
            }
        });
    }

    /** The client reads again. */
    public void onReady() {
        note(() -> {});
    }

    /** The client cancelled, its deadline passed or its connection is gone: nothing begins any more, what runs is stopped. */
    public void onCancel() {
        note(() -> stop(() -> {}));
    }

    /** This server is going away: what is in progress ends, nothing begins any more. */
    void drain() {
        note(() -> end(new Refusal.Draining(Batches.RETRY_AFTER)));
    }

    /** Time has passed. */
    void tick() {
        note(this::watch);
    }

    private void note(Runnable event) {
        turns.note(event);
    }

    private void takeTurn() {
        if (ended) {
            return;
        }
        long nowNanos = batches.nanoTime();
        if (results.send(nowNanos)) {
            lastBusyNanos = nowNanos;
        }
        if (runs != null) {
            runs.start();
        }
        if (ending != null && results.size() == 0 && (runs == null || !runs.isRunning())) {
            Refusal reason = ending;
            finish(() -> replies.refuse(reason));
        } else if (halfClosed && runs != null && isDone()) {
            finish(() -> replies.complete(results.totals(), watch.caller()));
        } else {
            read();
        }
    }

    private boolean isDone() {
        return !isLooking && results.size() == 0 && (runs == null || runs.isIdle());
    }

    /** The first message at once, others while there is room for what they may bring. */
    private void read() {
        boolean wantsMore = request == null || (runs != null && runs.wantsMore());
        if (!requested && !isLooking && !halfClosed && ending == null && wantsMore) {
            requested = true;
            replies.request();
        }
    }

    /** Ends with {@code refusal}, once what is in progress is answered; the first reason counts. */
    private void end(Refusal refusal) {
        if (ending == null && !ended) {
            ending = refusal;
            if (runs != null) {
                runs.drop();
            }
        }
    }

    private void watch() {
        if (ended) {
            return;
        }
        long nowNanos = batches.nanoTime();
        BatchConfig config = batches.config();
        if (results.isStalled(nowNanos, config.stall())) {
            stop(() -> replies.refuse(new Refusal.BatchStalled(config.stall())));
        } else if (isDone()
                && !halfClosed
                && (request == null || runs != null)
                && nowNanos - lastBusyNanos() >= config.idle().toNanos()) {
            end(new Refusal.BatchIdle(config.idle()));
        }
    }

    private long lastBusyNanos() {
        return runs == null || runs.lastEndNanos() - lastBusyNanos < 0 ? lastBusyNanos : runs.lastEndNanos();
    }

    /** For what nobody foresaw. */
    private void fail(Throwable fault) {
        stop(() -> replies.fail(fault));
    }

    /** Ends at once: nothing begins any more, what runs is stopped and recorded, and nobody is told but by {@code last}. */
    private void stop(Runnable last) {
        if (ended) {
            return;
        }
        finish(last);
        openingCancellation.cancel();
        if (runs != null) {
            runs.cancel();
        }
    }

    private void finish(Runnable last) {
        ended = true;
        results.discard();
        if (runs != null) {
            runs.close();
        }
        batches.ended(this);
        last.run();
    }

    private static Refusal fault(String reason, String description) {
        return new Refusal.InvalidFields("message", reason, description);
    }
}

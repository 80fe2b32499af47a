package io.wasmwiz.executor.batch;

import io.wasmwiz.executor.auth.Authentication;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.executor.claims.BatchClaim;
import io.wasmwiz.executor.execution.BatchExecution;
import io.wasmwiz.executor.execution.BatchItem;
import io.wasmwiz.executor.execution.BatchOpening;
import io.wasmwiz.executor.execution.Cancellation;
import io.wasmwiz.executor.execution.Outcome;
import io.wasmwiz.executor.execution.RequestRules;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
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
    private static final int MAX_RESULTS_PER_MESSAGE = 256;
    private static final int MAX_MESSAGE_OUTPUT_BYTES = 1 << 20;
    /** Starts in one turn, so that batches take turns on the threads. */
    private static final int MAX_STARTS_PER_TURN = 64;

    private final Batches batches;
    private final BatchReplies replies;
    private final OptionalLong deadlineNanos;
    private final Queue<Runnable> events = new ConcurrentLinkedQueue<>();
    private final AtomicInteger scheduled = new AtomicInteger();
    private final Runnable roomCame;

    // From here on: of the turn only.
    private final ArrayDeque<PendingItem> pending = new ArrayDeque<>();
    private final Set<PendingItem> inProgress = new HashSet<>();
    private final ResultQueue results = new ResultQueue();
    private final RecentItems recent = new RecentItems(RecentItems.CAPACITY);
    private final BatchTotals totals = new BatchTotals();
    private final Cancellation openingCancellation;
    private Caller caller;
    private @Nullable BatchRequest request;
    private BatchClaim.@Nullable Granted claim;
    private @Nullable BatchExecution batch;
    private @Nullable Refusal ending;
    private boolean requested;
    private boolean halfClosed;
    private boolean isLooking;
    private boolean isChecking;
    private boolean isChecked;
    private boolean isWaitingForRoom;
    private boolean ended;
    private @Nullable Postponement pause;
    private long numbered;
    /** When it last had something to do, and when its client last took results or none waited. */
    private long lastBusyNanos;

    private long lastReadNanos;

    BatchStream(Batches batches, Caller caller, BatchReplies replies, OptionalLong deadlineNanos, long nowNanos) {
        this.batches = batches;
        this.caller = caller;
        this.replies = replies;
        this.deadlineNanos = deadlineNanos;
        this.openingCancellation = new Cancellation(deadlineNanos);
        this.roomCame = () -> note(() -> isWaitingForRoom = false);
        this.lastBusyNanos = nowNanos;
        this.lastReadNanos = nowNanos;
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
                batches.claim(caller.accountId(), UUID.fromString(opening.batchId()))
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
                .openBatch(caller, opening.shared(), openingCancellation)
                .whenComplete((opened, failure) -> note(() -> opened(opened, failure)));
    }

    private void failOrRefuse(@Nullable Throwable failure) {
        Throwable fault = failure == null ? new IllegalStateException("a stage without a result") : failure;
        RefusedException.refusalIn(fault).ifPresentOrElse(this::end, () -> fail(fault));
    }

    private void opened(@Nullable BatchOpening opening, @Nullable Throwable failure) {
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
            batch = opened;
            lastBusyNanos = batches.nanoTime();
            replies.opened(opened.module(), window());
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
            } else if (ending == null) {
                look(items);
            }
        });
    }

    /** Items of a claimed batch are looked up before they wait for their start: a trip a message. */
    private void look(List<BatchItem> items) {
        if (claim == null || batch == null) {
            items.forEach(item ->
                    pending.add(new PendingItem(item, BatchExecution.Place.unclaimed(item.itemId()), numbered++)));
            return;
        }
        UUID batchId = claim.batchId();
        isLooking = true;
        batches.find(caller.accountId(), claim, batch, items)
                .whenComplete((found, failure) -> note(() -> {
                    isLooking = false;
                    if (found == null) {
                        failOrRefuse(failure);
                    } else if (ending == null) {
                        for (int i = 0; i < items.size(); i++) {
                            BatchItem item = items.get(i);
                            pending.add(new PendingItem(
                                    item, BatchExecution.Place.of(item.itemId(), batchId, found.get(i)), numbered++));
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
        events.add(event);
        schedule();
    }

    private void schedule() {
        if (scheduled.getAndIncrement() == 0) {
            batches.execute(this::turn);
        }
    }

    private void turn() {
        int seen = scheduled.get();
        try {
            takeTurn();
        } catch (RuntimeException | Error e) {
            fail(e);
        }
        if (scheduled.addAndGet(-seen) != 0) {
            batches.execute(this::turn);
        }
    }

    private void takeTurn() {
        for (Runnable event = events.poll(); event != null; event = events.poll()) {
            event.run();
        }
        if (ended) {
            return;
        }
        send();
        start();
        if (ending != null && inProgress.isEmpty() && results.size() == 0) {
            Refusal reason = ending;
            finish(() -> replies.refuse(reason));
        } else if (halfClosed && batch != null && isDone()) {
            finish(() -> replies.complete(totals, caller));
        } else {
            read();
        }
    }

    private boolean isDone() {
        return !isLooking && pending.isEmpty() && inProgress.isEmpty() && results.size() == 0;
    }

    /** The first message at once, others while there is room for what they may bring. */
    private void read() {
        boolean wantsMore = request == null || (batch != null && pending.size() < window());
        if (!requested && !isLooking && !halfClosed && ending == null && wantsMore) {
            requested = true;
            replies.request();
        }
    }

    private void send() {
        long nowNanos = batches.nanoTime();
        while (replies.isReady() && results.hasNext()) {
            List<ItemResult> message = new ArrayList<>();
            long bytes = 0;
            while (results.hasNext() && message.size() < MAX_RESULTS_PER_MESSAGE && bytes < MAX_MESSAGE_OUTPUT_BYTES) {
                ItemResult result = results.next();
                bytes += result.outputBytes();
                message.add(result);
            }
            message.forEach(result -> batches.shares().giveBack(caller.accountId(), result.outputBytes()));
            replies.send(message);
            lastReadNanos = nowNanos;
            lastBusyNanos = nowNanos;
        }
        if (!results.hasNext()) {
            lastReadNanos = nowNanos;
        }
    }

    /** Items between their start and the sending of their result, at most. */
    private int window() {
        long wished = request == null || request.inFlight() == 0 ? Long.MAX_VALUE : request.inFlight();
        int most = Math.min(batches.config().inFlight(), caller.tier().maxConcurrency());
        return (int) Math.min(wished, most);
    }

    private void start() {
        int starts = 0;
        while (batch != null
                && ending == null
                && !isChecking
                && !isWaitingForRoom
                && pause == null
                && !pending.isEmpty()
                && inProgress.size() + results.size() < window()) {
            if (starts++ == MAX_STARTS_PER_TURN) {
                schedule();
                return;
            }
            if (!isCallerGood()) {
                return;
            }
            PendingItem item = pending.element();
            long bytes = item.item.input().length;
            if (!batches.shares().tryTake(caller.accountId(), bytes, roomCame)) {
                isWaitingForRoom = true;
                return;
            }
            pending.remove();
            if (item.cancellation == null && !recent.add(item.item.itemId())) {
                Refusal repeated = new Refusal.ItemRepeated(item.item.itemId());
                answer(item, bytes, new Outcome.Refused(repeated));
            } else {
                start(batch, item, bytes);
            }
        }
    }

    /** Whether the caller may run another item: asked before each, and answered at once unless a key has to be read. */
    private boolean isCallerGood() {
        if (isChecked) {
            isChecked = false;
            return true;
        }
        CompletableFuture<Authentication> answer =
                batches.callerCheck().recheck(caller).toCompletableFuture();
        if (answer.isDone() && !answer.isCompletedExceptionally()) {
            return judge(answer.join());
        }
        isChecking = true;
        answer.whenComplete((authentication, failure) -> note(() -> {
            isChecking = false;
            isChecked = judge(failure == null ? authentication : new Authentication.Unavailable());
        }));
        return false;
    }

    private boolean judge(Authentication authentication) {
        if (authentication instanceof Authentication.Granted granted) {
            if (granted.caller().scopes().contains(Scope.EXECUTE)) {
                caller = granted.caller();
                return true;
            }
            end(new Refusal.ScopeMissing(Scope.EXECUTE));
        } else if (authentication instanceof Authentication.Denied denied) {
            end(new Refusal.NotAuthenticated(denied.reason()));
        } else {
            end(new Refusal.AuthenticationUnavailable(Batches.RETRY_AFTER));
        }
        return false;
    }

    private void start(BatchExecution opened, PendingItem item, long bytes) {
        inProgress.add(item);
        Cancellation cancellation = new Cancellation(deadlineNanos);
        item.cancellation = cancellation;
        opened.execute(caller, item.item, item.place, cancellation)
                .whenComplete((outcome, failure) -> note(() -> completed(item, bytes, outcome, failure)));
    }

    private void completed(PendingItem item, long bytes, @Nullable Outcome outcome, @Nullable Throwable failure) {
        inProgress.remove(item);
        lastBusyNanos = batches.nanoTime();
        if (ended || outcome == null) {
            batches.shares().giveBack(caller.accountId(), bytes);
            if (outcome == null) {
                fail(failure == null ? new IllegalStateException("an item without an outcome") : failure);
            }
            return;
        }
        Optional<Postponement> postponement =
                outcome instanceof Outcome.Refused no ? postponement(item, no.refusal()) : Optional.empty();
        if (postponement.isPresent()) {
            batches.shares().giveBack(caller.accountId(), bytes);
            pending.addFirst(item);
            pause(postponement.get());
            return;
        }
        if (outcome instanceof Outcome.Refused no && endsBatch(no.refusal())) {
            end(no.refusal());
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
        Optional<Postponement> wanted =
                request == null || ending != null ? Optional.empty() : Postponement.of(refusal, request.paceByMinute());
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
                () -> note(() -> {
                    if (pause == why) {
                        pause = null;
                    }
                }));
    }

    private void answer(PendingItem item, long bytes, Outcome outcome) {
        ItemResult result = new ItemResult(item.item.itemId(), outcome);
        batches.shares().resize(caller.accountId(), result.outputBytes() - bytes);
        results.add(item.number, result, request != null && request.ordered());
        if (outcome instanceof Outcome.Completed completed) {
            totals.ran(completed);
        } else {
            totals.refused(replies.reason(((Outcome.Refused) outcome).refusal()));
        }
    }

    /** Ends with {@code refusal}, once what is in progress is answered; the first reason counts. */
    private void end(Refusal refusal) {
        if (ending == null && !ended) {
            ending = refusal;
            pending.clear();
        }
    }

    private void watch() {
        if (ended) {
            return;
        }
        long nowNanos = batches.nanoTime();
        BatchConfig config = batches.config();
        if (results.hasNext()
                && !replies.isReady()
                && nowNanos - lastReadNanos >= config.stall().toNanos()) {
            stop(() -> replies.refuse(new Refusal.BatchStalled(config.stall())));
        } else if (isDone()
                && !halfClosed
                && (request == null || batch != null)
                && nowNanos - lastBusyNanos >= config.idle().toNanos()) {
            end(new Refusal.BatchIdle(config.idle()));
        }
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
        inProgress.forEach(item -> {
            if (item.cancellation != null) {
                item.cancellation.cancel();
            }
        });
    }

    private void finish(Runnable last) {
        ended = true;
        pending.clear();
        for (ItemResult unsent : results.removeAll()) {
            batches.shares().giveBack(caller.accountId(), unsent.outputBytes());
        }
        batches.shares().stopWaiting(caller.accountId(), roomCame);
        if (batch != null) {
            batch.close();
        }
        batches.ended(this);
        last.run();
    }

    private static Refusal fault(String reason, String description) {
        return new Refusal.InvalidFields("message", reason, description);
    }
}

package io.wasmwiz.executor.batch;

import io.wasmwiz.executor.execution.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Results of a batch until they are sent, several per message, while its client reads. Of the batch's turns only. */
final class ResultSender {
    private static final int MAX_RESULTS_PER_MESSAGE = 256;
    private static final int MAX_MESSAGE_OUTPUT_BYTES = 1 << 20;

    private final BatchReplies replies;
    private final AccountShares shares;
    private final UUID accountId;
    private final ResultQueue results = new ResultQueue();
    private final BatchTotals totals = new BatchTotals();
    /** When the client last took results, or none waited. */
    private long lastReadNanos;

    ResultSender(BatchReplies replies, AccountShares shares, UUID accountId, long nowNanos) {
        this.replies = replies;
        this.shares = shares;
        this.accountId = accountId;
        this.lastReadNanos = nowNanos;
    }

    /**
     * Takes an item's result.
     *
     * @param heldBytes of the item's share, which its output takes the place of
     * @param inOrder whether results are sent in the order of items
     */
    void add(PendingItem item, long heldBytes, Outcome outcome, boolean inOrder) {
        ItemResult result = new ItemResult(item.item.itemId(), outcome);
        shares.resize(accountId, result.outputBytes() - heldBytes);
        results.add(item.number, result, inOrder);
        if (outcome instanceof Outcome.Completed completed) {
            totals.ran(completed);
        } else {
            totals.refused(replies.reason(((Outcome.Refused) outcome).refusal()));
        }
    }

    /** Sends what the client takes; whether it took anything. */
    boolean send(long nowNanos) {
        boolean sent = false;
        while (replies.isReady() && results.hasNext()) {
            replies.send(nextMessage());
            lastReadNanos = nowNanos;
            sent = true;
        }
        if (!results.hasNext()) {
            lastReadNanos = nowNanos;
        }
        return sent;
    }

    private List<ItemResult> nextMessage() {
        List<ItemResult> message = new ArrayList<>(Math.min(results.size(), MAX_RESULTS_PER_MESSAGE));
        long bytes = 0;
        while (results.hasNext() && message.size() < MAX_RESULTS_PER_MESSAGE && bytes < MAX_MESSAGE_OUTPUT_BYTES) {
            ItemResult result = results.next();
            bytes += result.outputBytes();
            message.add(result);
        }
        shares.giveBack(accountId, message.size(), bytes);
        return message;
    }

    /** Whether results have waited for their reader for {@code longest}. */
    boolean isStalled(long nowNanos, Duration longest) {
        return results.hasNext() && !replies.isReady() && nowNanos - lastReadNanos >= longest.toNanos();
    }

    /** Results not sent. */
    int size() {
        return results.size();
    }

    /** What all items came to so far. */
    BatchTotals totals() {
        return totals;
    }

    /** Drops what was not sent. */
    void discard() {
        for (ItemResult unsent : results.removeAll()) {
            shares.giveBack(accountId, 1, unsent.outputBytes());
        }
    }
}

package io.wasmwiz.metering.store;

import io.wasmwiz.metering.event.LogBatch;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;

/**
 * The ledger and, in the same transactions, how far the event log is in it. Thread-safe. Every method throws {@link
 * LedgerException} when the store is away or refuses a statement: nothing was changed then, or the whole batch was
 * written and its positions say so, and the same call may be repeated.
 */
public interface Ledger {
    /**
     * The stored positions of {@code partitions}. A partition that was never read gets position 0 of the topic {@code
     * topicId} now.
     */
    Map<Integer, StoredPosition> positions(UUID topicId, Collection<Integer> partitions);

    /** Writes a batch of the topic {@code topicId} in one transaction, if its positions are the stored ones. */
    WriteOutcome write(LogBatch batch, UUID topicId);
}

package io.wasmwiz.executor.claims;

import java.util.List;
import java.util.UUID;

/** The claims of batches that all executors share. Thread-safe; blocks on the store. */
public interface BatchClaims {
    /** Claims a batch, which anybody of the account may have claimed before. */
    BatchClaim claim(UUID accountId, UUID batchId);

    /**
     * Looks items up on the ledger, and counts those that are charged and may run again.
     *
     * @return an item for each, in the same order
     */
    List<BatchClaim.Item> find(UUID accountId, BatchClaim.Granted batch, List<Named> items);

    /** An item as its client names it, and what it asks for. */
    record Named(String itemId, ContentHash content) {}
}

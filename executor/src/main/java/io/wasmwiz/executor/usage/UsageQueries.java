package io.wasmwiz.executor.usage;

import io.wasmwiz.executor.execution.Receipt;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Reads usage. Methods block and throw the database's exceptions unchecked. Thread-safe. */
public interface UsageQueries {
    /**
     * The counters of the day and minute; zeros when nothing was counted yet.
     *
     * @param keyId the key whose own counters are of interest
     */
    QuotaCounts counts(UUID accountId, String tier, Optional<UUID> keyId);

    /**
     * A page of the account's ledger, newest admission first.
     *
     * @param after the last of the page before; empty: from the newest
     * @param size rows at most, positive
     */
    List<Receipt> executions(UUID accountId, Optional<Position> after, int size);

    /** What a batch of the account has come to; empty for one that it did not open, or whose days are gone. */
    Optional<BatchCounts> batch(UUID accountId, UUID batchId);

    /** Where an execution stands in its account's list. */
    record Position(Instant admittedAt, UUID executionId) {}
}

package io.wasmwiz.executor.claims;

import com.fasterxml.uuid.impl.TimeBasedEpochGenerator;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;

/** Claims of batches in memory, of one day, beside a ledger that nothing ever reaches. Thread-safe. */
public final class InMemoryBatchClaims implements BatchClaims {
    private final TimeBasedEpochGenerator ids = new TimeBasedEpochGenerator(new Random(1));
    private final LocalDate today;
    private final Map<List<UUID>, BatchClaim.Granted> claims = new HashMap<>();

    /** On the UTC day {@code today}. */
    public InMemoryBatchClaims(LocalDate today) {
        this.today = today;
    }

    @Override
    public synchronized BatchClaim claim(UUID accountId, UUID batchId) {
        return claims.computeIfAbsent(List.of(accountId, batchId), key -> {
            UUID seed = ids.construct(
                    today.atTime(12, 0).toInstant(ZoneOffset.UTC).toEpochMilli());
            return new BatchClaim.Granted(batchId, List.of(new BatchClaim.Day(today, seed)));
        });
    }

    @Override
    public List<BatchClaim.Item> find(UUID accountId, BatchClaim.Granted batch, List<Named> items) {
        BatchClaim.Day day = batch.days().get(0);
        return items.stream()
                .map(item -> new BatchClaim.Item(
                        day.executionId(item.itemId(), item.content()), day.day(), Optional.empty(), true))
                .toList();
    }
}

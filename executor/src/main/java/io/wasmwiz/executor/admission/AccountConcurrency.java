package io.wasmwiz.executor.admission;

import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Executions accepted per account: from their admission to their answer, so those that wait for a sandbox count, too. What
 * runs at once is for the sandbox's queue to bound. Holds only accounts that have one, so it never has more entries than there are
 * executions in progress. Thread-safe.
 */
final class AccountConcurrency {
    private final ConcurrentHashMap<UUID, Integer> inProgress = new ConcurrentHashMap<>();

    /** Counts one more unless the account has {@code limit}. */
    boolean tryEnter(UUID accountId, int limit) {
        boolean[] entered = new boolean[1];
        inProgress.compute(accountId, (id, count) -> {
            int now = count == null ? 0 : count;
            entered[0] = now < limit;
            return entered[0] ? (Integer) (now + 1) : count;
        });
        return entered[0];
    }

    /** Counts one less. */
    void leave(UUID accountId) {
        inProgress.computeIfPresent(accountId, (id, count) -> count == 1 ? null : count - 1);
    }

    int accounts() {
        return inProgress.size();
    }
}

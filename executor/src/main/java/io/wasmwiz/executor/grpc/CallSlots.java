package io.wasmwiz.executor.grpc;

import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.refusal.Refusal;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Calls in progress over all methods, together and per account: what bounds the memory of requests that admission has not
 * seen yet. Knows only accounts that have a call in progress. Thread-safe.
 */
final class CallSlots {
    private static final Duration ACCOUNT_RETRY = Duration.ofMillis(100);
    private static final Duration SERVER_RETRY = Duration.ofMillis(500);

    private final int maxCalls;
    private final int accountSurplus;
    private final AtomicInteger inProgress = new AtomicInteger();
    private final ConcurrentHashMap<UUID, Integer> inProgressByAccount = new ConcurrentHashMap<>();

    /** With {@code maxCalls} slots, and for each account {@code accountSurplus} more than its tier's executions at once. */
    CallSlots(int maxCalls, int accountSurplus) {
        this.maxCalls = maxCalls;
        this.accountSurplus = accountSurplus;
    }

    /** Takes a slot, to be given back once; or says why there is none. */
    Optional<Refusal> take(Caller caller) {
        long limit = (long) caller.tier().maxConcurrency() + accountSurplus;
        boolean[] taken = new boolean[1];
        inProgressByAccount.compute(caller.accountId(), (id, count) -> {
            int now = count == null ? 0 : count;
            taken[0] = now < limit;
            return taken[0] ? (Integer) (now + 1) : count;
        });
        if (!taken[0]) {
            return Optional.of(new Refusal.AccountCallsSpent(limit, ACCOUNT_RETRY));
        }
        if (inProgress.incrementAndGet() > maxCalls) {
            giveBack(caller.accountId());
            return Optional.of(new Refusal.CallsSpent(maxCalls, SERVER_RETRY));
        }
        return Optional.empty();
    }

    void giveBack(UUID accountId) {
        inProgress.decrementAndGet();
        inProgressByAccount.computeIfPresent(accountId, (id, count) -> count == 1 ? null : (Integer) (count - 1));
    }

    int inProgress() {
        return inProgress.get();
    }

    int accounts() {
        return inProgressByAccount.size();
    }
}

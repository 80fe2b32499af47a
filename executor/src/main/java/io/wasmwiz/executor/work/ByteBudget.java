package io.wasmwiz.executor.work;

import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes of modules that calls in progress hold together, and each account at most a quarter of them. Knows only accounts
 * that hold some. Thread-safe.
 */
public final class ByteBudget {
    private static final int SHARES = 4;

    private final long maxBytes;
    private final AtomicLong held = new AtomicLong();
    private final ConcurrentHashMap<UUID, Long> heldByAccount = new ConcurrentHashMap<>();

    /** Of {@code maxBytes} together. */
    public ByteBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Takes {@code bytes}, positive, unless that would be too many for the account or together. */
    public boolean tryTake(UUID accountId, long bytes) {
        boolean[] taken = new boolean[1];
        heldByAccount.compute(accountId, (id, before) -> {
            long now = (before == null ? 0 : before) + bytes;
            taken[0] = now <= maxBytes / SHARES && tryTakeOfAll(bytes);
            return taken[0] ? (Long) now : before;
        });
        return taken[0];
    }

    private boolean tryTakeOfAll(long bytes) {
        if (held.addAndGet(bytes) <= maxBytes) {
            return true;
        }
        held.addAndGet(-bytes);
        return false;
    }

    /** Gives back what was taken, in one piece or several. */
    public void giveBack(UUID accountId, long bytes) {
        heldByAccount.computeIfPresent(accountId, (id, before) -> before == bytes ? null : (Long) (before - bytes));
        held.addAndGet(-bytes);
    }

    /** Held by all accounts. */
    public long heldBytes() {
        return held.get();
    }

    /** How many accounts hold some. */
    public int accounts() {
        return heldByAccount.size();
    }
}

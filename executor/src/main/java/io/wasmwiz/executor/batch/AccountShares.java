package io.wasmwiz.executor.batch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Items that batches have in progress, and their bytes, together and per account. A batch that got no room is called when
 * there may be some, in the order of asking. Knows only accounts that have items in progress or wait. Thread-safe.
 */
final class AccountShares {
    private static final int SHARES = 4;

    /** Guarded by this. */
    private static final class Account {
        private int items;
        private long bytes;
        private final Set<Runnable> waiting = new LinkedHashSet<>();
    }

    private final int maxItems;
    private final long maxBytes;
    private final Map<UUID, Account> accounts = new HashMap<>();
    private final Set<Runnable> waitingForAll = new LinkedHashSet<>();
    private int items;
    private long bytes;

    /**
     * With room for everybody.
     *
     * @param maxItems of an account
     * @param maxBytes of all accounts; an account's part is a quarter
     */
    AccountShares(int maxItems, long maxBytes) {
        this.maxItems = maxItems;
        this.maxBytes = maxBytes;
    }

    /**
     * Takes room for an item. An account's only item always has some, whatever its size.
     *
     * @param whenRoom called once if there was none, as soon as there may be; must not block and is equal only to itself
     */
    synchronized boolean tryTake(UUID accountId, long itemBytes, Runnable whenRoom) {
        Account account = accounts.computeIfAbsent(accountId, id -> new Account());
        if (account.items > 0 && (account.items >= maxItems || account.bytes + itemBytes > maxBytes / SHARES)) {
            account.waiting.add(whenRoom);
            return false;
        }
        if (account.items > 0 && bytes + itemBytes > maxBytes) {
            waitingForAll.add(whenRoom);
            return false;
        }
        account.items++;
        account.bytes += itemBytes;
        items++;
        bytes += itemBytes;
        return true;
    }

    /** What an item takes has changed by {@code change} bytes: its input is gone, its output is there. */
    void resize(UUID accountId, long change) {
        if (change != 0) {
            change(accountId, 0, change);
        }
    }

    /** Gives back the room of {@code items} that take {@code itemBytes} together. */
    void giveBack(UUID accountId, int items, long itemBytes) {
        change(accountId, -items, -itemBytes);
    }

    private void change(UUID accountId, int itemChange, long byteChange) {
        List<Runnable> next = List.of();
        synchronized (this) {
            Account account = accounts.get(accountId);
            if (account == null) {
                throw new IllegalStateException("this account has no item in progress");
            }
            account.items += itemChange;
            account.bytes += byteChange;
            items += itemChange;
            bytes += byteChange;
            if (!account.waiting.isEmpty() || !waitingForAll.isEmpty()) {
                // As many as got room, if each has one item only.
                next = new ArrayList<>();
                int most = Math.max(1, -itemChange);
                take(account.waiting, most, next);
                take(waitingForAll, most, next);
            }
            if (account.items == 0 && account.waiting.isEmpty()) {
                accounts.remove(accountId);
            }
        }
        next.forEach(Runnable::run);
    }

    private static void take(Set<Runnable> waiting, int most, List<Runnable> taken) {
        for (int i = 0; i < most; i++) {
            Runnable first = first(waiting);
            if (first == null) {
                return;
            }
            taken.add(first);
        }
    }

    private static @Nullable Runnable first(Set<Runnable> waiting) {
        if (waiting.isEmpty()) {
            return null;
        }
        Runnable first = waiting.iterator().next();
        waiting.remove(first);
        return first;
    }

    /** Forgets that {@code whenRoom} waits, and calls the next in its stead. */
    void stopWaiting(UUID accountId, Runnable whenRoom) {
        Runnable next = null;
        Runnable nextOfAll;
        synchronized (this) {
            Account account = accounts.get(accountId);
            if (account != null) {
                account.waiting.remove(whenRoom);
                next = first(account.waiting);
                if (account.items == 0 && account.waiting.isEmpty()) {
                    accounts.remove(accountId);
                }
            }
            waitingForAll.remove(whenRoom);
            nextOfAll = first(waitingForAll);
        }
        if (next != null) {
            next.run();
        }
        if (nextOfAll != null) {
            nextOfAll.run();
        }
    }

    /** Items in progress. */
    synchronized int items() {
        return items;
    }

    /** Their bytes. */
    synchronized long bytes() {
        return bytes;
    }

    /** Accounts known. */
    synchronized int accounts() {
        return accounts.size();
    }
}

package io.wasmwiz.executor.sandbox.queue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.UUID;

/**
 * A line of waiting tasks per account, the turns of the accounts, and what is in progress. Each step costs the logarithm
 * of what waits. Not thread-safe: guarded by the lock of its {@link FairQueue}.
 */
final class WaitingLines<T extends QueuedTask> {
    /** A task and its place: {@code number} grows with each task. */
    private record Entry<T>(T task, long number, long startByNanos, Account<T> account) {}

    /** An account with a task waiting or in progress. Equal only to itself. */
    private static final class Account<T> {
        final UUID id;
        final TreeSet<Entry<T>> line = new TreeSet<>(Comparator.comparingLong(Entry<T>::number));
        int inProgress;
        boolean hasTurn;
        /** The smaller, the earlier; no two are equal. */
        long turn;

        Account(UUID id) {
            this.id = id;
        }
    }

    /** A task in progress, and the turn it took. */
    private record Taken<T>(Entry<T> entry, long turn) {}

    private final Map<T, Entry<T>> waiting = new IdentityHashMap<>();
    private final Map<T, Taken<T>> inProgress = new IdentityHashMap<>();
    private final Map<UUID, Account<T>> accounts = new HashMap<>();
    /** Accounts whose first task may start now, the next turn first. */
    private final TreeSet<Account<T>> turns = new TreeSet<>(Comparator.comparingLong(account -> account.turn));
    /** What waits, the first to become late first; nanoTime may overflow, so instants are compared by difference. */
    private final TreeSet<Entry<T>> startBys = new TreeSet<>((a, b) -> {
        int order = Long.signum(a.startByNanos() - b.startByNanos());
        return order != 0 ? order : Long.compare(a.number(), b.number());
    });

    private long added;
    private long turnsGiven;

    /** Puts a task at the end of its account's line. */
    void add(T task) {
        Account<T> account = accounts.computeIfAbsent(task.accountId(), Account::new);
        enter(new Entry<>(task, added++, task.startByNanos(), account));
    }

    /** Takes the next task in turn, which is in progress from now on; empty when none may start. */
    Optional<T> next() {
        if (turns.isEmpty()) {
            return Optional.empty();
        }
        Account<T> account = turns.first();
        // Its next turn comes after everybody else's.
        endTurn(account);
        Entry<T> entry = account.line.first();
        account.inProgress++;
        inProgress.put(entry.task(), new Taken<>(entry, account.turn));
        leaveLine(entry);
        return Optional.of(entry.task());
    }

    /** Whether {@link #next} would find a task. */
    boolean mayStartOne() {
        return !turns.isEmpty();
    }

    /** Ends the progress of a task; throws {@link IllegalStateException} when it is not in progress. */
    void finished(T task) {
        settle(leaveProgress(task).entry().account());
    }

    /** Ends the progress of a task, which takes its old place, as its account does its old turn; as {@link #finished}. */
    void putBack(T task) {
        Taken<T> taken = leaveProgress(task);
        enter(taken.entry());
        Account<T> account = taken.entry().account();
        if (account.hasTurn && account.turn > taken.turn()) {
            turns.remove(account);
            account.turn = taken.turn();
            turns.add(account);
        }
    }

    /** Whether the task was waiting; it is not any more. */
    boolean remove(T task) {
        Entry<T> entry = waiting.get(task);
        if (entry == null) {
            return false;
        }
        leaveLine(entry);
        return true;
    }

    /** Removes what is late at {@code nowNanos}, the first to have become so first. */
    List<T> removeLate(long nowNanos) {
        List<T> late = List.of();
        while (!startBys.isEmpty() && startBys.first().startByNanos() - nowNanos <= 0) {
            Entry<T> entry = startBys.first();
            leaveLine(entry);
            late = late.isEmpty() ? new ArrayList<>() : late;
            late.add(entry.task());
        }
        return late;
    }

    /** Removes what waits, in the order of its arrival. */
    List<T> removeAll() {
        List<Entry<T>> left = new ArrayList<>(waiting.values());
        left.sort(Comparator.comparingLong(Entry::number));
        left.forEach(this::leaveLine);
        return left.stream().map(Entry::task).toList();
    }

    /** When the first waiting task becomes late; empty when none waits. */
    OptionalLong firstStartBy() {
        return startBys.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(startBys.first().startByNanos());
    }

    /** Tasks waiting. */
    int size() {
        return waiting.size();
    }

    /** Tasks of an account waiting. */
    int size(UUID accountId) {
        Account<T> account = accounts.get(accountId);
        return account == null ? 0 : account.line.size();
    }

    /** Tasks in progress. */
    int inProgress() {
        return inProgress.size();
    }

    /** Accounts with a task waiting or in progress. */
    int accounts() {
        return accounts.size();
    }

    private void enter(Entry<T> entry) {
        waiting.put(entry.task(), entry);
        entry.account().line.add(entry);
        startBys.add(entry);
        settle(entry.account());
    }

    private void leaveLine(Entry<T> entry) {
        waiting.remove(entry.task());
        entry.account().line.remove(entry);
        startBys.remove(entry);
        settle(entry.account());
    }

    private Taken<T> leaveProgress(T task) {
        Taken<T> taken = inProgress.remove(task);
        if (taken == null) {
            throw new IllegalStateException("this task is not in progress");
        }
        taken.entry().account().inProgress--;
        return taken;
    }

    /** Gives the account a turn, lets it keep its turn or takes it away, after whatever changed about it. */
    private void settle(Account<T> account) {
        if (account.line.isEmpty()) {
            endTurn(account);
            if (account.inProgress == 0) {
                accounts.remove(account.id);
            }
        } else if (account.inProgress < account.line.first().task().accountConcurrency()) {
            if (!account.hasTurn) {
                account.hasTurn = true;
                account.turn = turnsGiven++;
                turns.add(account);
            }
        } else {
            endTurn(account);
        }
    }

    private void endTurn(Account<T> account) {
        if (account.hasTurn) {
            turns.remove(account);
            account.hasTurn = false;
        }
    }
}

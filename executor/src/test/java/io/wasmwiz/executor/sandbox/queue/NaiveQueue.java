package io.wasmwiz.executor.sandbox.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.sandbox.queue.FairQueue.Offer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * What {@link FairQueue} is to do, written down without a thought for speed: every question is answered by looking at
 * every task. Also keeps count of how long an account whose task may start was passed by. Not thread-safe.
 */
final class NaiveQueue {
    private final QueueConfig config;
    private final LongSupplier nanoTime;
    private final Consumer<TestTask> onLate;

    private final Map<TestTask, Long> numbers = new HashMap<>();
    private final List<TestTask> waiting = new ArrayList<>();
    private final List<TestTask> inProgress = new ArrayList<>();
    /** Accounts whose first task may start, in the order in which that became so or they had their last turn. */
    private final List<UUID> ready = new ArrayList<>();
    /** Per ready account, the tasks of each other account that were taken since it is. */
    private final Map<UUID, Map<UUID, Integer>> passedBy = new HashMap<>();

    /** Per ready account, when it got its turn. */
    private final Map<UUID, Long> turns = new HashMap<>();
    /** Ready accounts whose turn was given back. */
    private final Set<UUID> restored = new HashSet<>();
    /** Per task in progress, the turn that it took, and whom it passed by. */
    private final Map<TestTask, Taken> taken = new HashMap<>();

    private long offers;
    private long turnsGiven;

    private record Taken(long turn, List<Map<UUID, Integer>> passed) {}

    NaiveQueue(QueueConfig config, LongSupplier nanoTime, Consumer<TestTask> onLate) {
        this.config = config;
        this.nanoTime = nanoTime;
        this.onLate = onLate;
    }

    Offer offer(TestTask task) {
        if (task.startByNanos() <= nanoTime.getAsLong()) {
            return Offer.LATE;
        }
        if (waiting.size() >= config.capacity()) {
            return Offer.FULL;
        }
        if (line(task.accountId()).size() >= config.accountCapacity()) {
            return Offer.ACCOUNT_FULL;
        }
        numbers.put(task, offers++);
        waiting.add(task);
        settle(task.accountId());
        return Offer.ACCEPTED;
    }

    Optional<TestTask> poll() {
        List<TestTask> late = waiting.stream()
                .filter(task -> task.startByNanos() <= nanoTime.getAsLong())
                .sorted(Comparator.comparingLong(TestTask::startByNanos).thenComparing(numbers::get))
                .toList();
        late.forEach(this::remove);
        late.forEach(onLate);
        if (ready.isEmpty()) {
            return Optional.empty();
        }
        UUID account = ready.remove(0);
        passedBy.remove(account);
        // Whose turn was given back was before the others, as often as that happens.
        List<Map<UUID, Integer>> passed = restored.remove(account) ? List.of() : List.copyOf(passedBy.values());
        passed.forEach(passes -> passes.merge(account, 1, Integer::sum));
        TestTask first = line(account).get(0);
        taken.put(first, new Taken(Objects.requireNonNull(turns.get(account)), passed));
        waiting.remove(first);
        inProgress.add(first);
        settle(account);
        return Optional.of(first);
    }

    void finished(TestTask task) {
        inProgress.remove(task);
        settle(task.accountId());
    }

    /** As if it had not been taken. */
    void putBack(TestTask task) {
        UUID account = task.accountId();
        inProgress.remove(task);
        waiting.add(task);
        settle(account);
        Taken turn = Objects.requireNonNull(taken.get(task));
        turn.passed().forEach(passes -> passes.merge(account, -1, Integer::sum));
        if (ready.contains(account) && turn.turn() < Objects.requireNonNull(turns.get(account))) {
            turns.put(account, turn.turn());
            restored.add(account);
            ready.sort(Comparator.comparing(turns::get));
        }
    }

    boolean remove(TestTask task) {
        boolean removed = waiting.remove(task);
        settle(task.accountId());
        return removed;
    }

    int size() {
        return waiting.size();
    }

    /** No account waits for more than one task of another. */
    void requireFairness() {
        passedBy.forEach((account, passes) -> assertThat(passes.values())
                .as("turns of others while account %s was ready", account)
                .allMatch(turns -> turns <= 1));
    }

    private List<TestTask> line(UUID account) {
        return waiting.stream()
                .filter(task -> task.accountId().equals(account))
                .sorted(Comparator.comparing(numbers::get))
                .toList();
    }

    private void settle(UUID account) {
        List<TestTask> line = line(account);
        long running = inProgress.stream()
                .filter(task -> task.accountId().equals(account))
                .count();
        boolean mayStart = !line.isEmpty() && running < line.get(0).accountConcurrency();
        if (!mayStart) {
            ready.remove(account);
            restored.remove(account);
            passedBy.remove(account);
        } else if (!ready.contains(account)) {
            ready.add(account);
            turns.put(account, turnsGiven++);
            passedBy.put(account, new HashMap<>());
        }
    }
}

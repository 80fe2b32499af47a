package io.wasmwiz.executor.sandbox.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.sandbox.queue.FairQueue.Offer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The queue beside {@link NaiveQueue}, and under threads. */
class FairQueueModelTest {
    private static final QueueConfig CONFIG = new QueueConfig(40, 12, Duration.ofSeconds(10));
    private static final int STEPS = 20_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void doesWhatTheNaiveQueueDoes(long seed) {
        Random random = new Random(seed);
        AtomicLong nanoTime = new AtomicLong();
        List<TestTask> late = new ArrayList<>();
        List<TestTask> naiveLate = new ArrayList<>();
        FairQueue<TestTask> queue = new FairQueue<>(CONFIG, nanoTime::get, late::add);
        NaiveQueue naive = new NaiveQueue(CONFIG, nanoTime::get, naiveLate::add);
        List<TestTask> offered = new ArrayList<>();
        List<TestTask> inProgress = new ArrayList<>();
        Set<TestTask> left = new HashSet<>();
        int accepted = 0;
        for (int step = 0; step < STEPS; step++) {
            int choice = random.nextInt(100);
            if (choice < 45) {
                // One account floods, the others come now and then.
                long account = random.nextInt(3) == 0 ? random.nextInt(6) : 0;
                TestTask task = new TestTask(
                        new UUID(0, account), 1 + random.nextInt(4), nanoTime.get() + random.nextInt(2_000));
                Offer offer = queue.offer(task);
                assertThat(offer).isEqualTo(naive.offer(task));
                accepted += offer == Offer.ACCEPTED ? 1 : 0;
                offered.add(task);
            } else if (choice < 70) {
                Optional<TestTask> taken = queue.poll();
                assertThat(taken).isEqualTo(naive.poll());
                taken.ifPresent(inProgress::add);
            } else if (choice < 92 && !inProgress.isEmpty()) {
                TestTask task = inProgress.remove(random.nextInt(inProgress.size()));
                if (random.nextInt(5) == 0) {
                    queue.putBack(task);
                    naive.putBack(task);
                } else {
                    queue.finished(task);
                    naive.finished(task);
                    assertThat(left.add(task)).isTrue();
                }
            } else if (choice < 96 && !offered.isEmpty()) {
                TestTask task = offered.get(random.nextInt(offered.size()));
                boolean removed = queue.remove(task);
                assertThat(removed).isEqualTo(naive.remove(task));
                assertThat(!removed || left.add(task)).isTrue();
            } else {
                nanoTime.addAndGet(random.nextInt(100));
            }
            assertThat(late).isEqualTo(naiveLate);
            assertThat(queue.size()).isEqualTo(naive.size());
            naive.requireFairness();
        }
        late.forEach(task -> assertThat(left.add(task)).isTrue());
        inProgress.forEach(task -> assertThat(left.add(task)).isTrue());
        queue.close().forEach(task -> assertThat(left.add(task)).isTrue());
        assertThat(left).as("every accepted task left once").hasSize(accepted);
        assertThat(late).as("the script reaches late tasks").hasSizeGreaterThan(10);
    }

    @Test
    void losesAndDoublesNothingUnderThreads() throws InterruptedException {
        int producers = 4;
        int perProducer = 20_000;
        int limit = 2;
        Map<TestTask, Integer> answers = new ConcurrentHashMap<>();
        Map<UUID, AtomicInteger> inProgress = new ConcurrentHashMap<>();
        AtomicInteger mostAtOnce = new AtomicInteger();
        FairQueue<TestTask> queue =
                new FairQueue<>(CONFIG, System::nanoTime, task -> answers.merge(task, 1, Integer::sum));
        Thread watch = LateTasks.watch(queue);
        List<Thread> takers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            takers.add(start(() -> {
                for (Optional<TestTask> task = queue.take(); task.isPresent(); task = queue.take()) {
                    AtomicInteger mine = inProgress.computeIfAbsent(task.get().accountId(), id -> new AtomicInteger());
                    mostAtOnce.accumulateAndGet(mine.incrementAndGet(), Math::max);
                    answers.merge(task.get(), 1, Integer::sum);
                    mine.decrementAndGet();
                    queue.finished(task.get());
                }
            }));
        }
        List<Thread> senders = new ArrayList<>();
        for (int producer = 0; producer < producers; producer++) {
            int seed = producer;
            senders.add(start(() -> {
                Random random = new Random(seed);
                for (int i = 0; i < perProducer; i++) {
                    TestTask task = new TestTask(
                            new UUID(0, random.nextInt(3)), limit, System.nanoTime() + random.nextInt(2_000_000));
                    boolean refused = queue.offer(task) != Offer.ACCEPTED;
                    if (refused || (random.nextInt(10) == 0 && queue.remove(task))) {
                        answers.merge(task, 1, Integer::sum);
                    }
                }
            }));
        }
        for (Thread sender : senders) {
            sender.join();
        }
        queue.close().forEach(task -> answers.merge(task, 1, Integer::sum));
        for (Thread taker : takers) {
            taker.join();
        }
        watch.join();

        assertThat(answers).hasSize(producers * perProducer);
        assertThat(answers.values()).allMatch(count -> count == 1);
        assertThat(mostAtOnce.get()).isBetween(1, limit);
        assertThat(queue.accounts()).isZero();
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    private static Thread start(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        thread.start();
        return thread;
    }
}

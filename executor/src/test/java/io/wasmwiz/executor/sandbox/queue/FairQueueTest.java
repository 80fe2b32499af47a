package io.wasmwiz.executor.sandbox.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.executor.sandbox.queue.FairQueue.Offer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class FairQueueTest {
    private static final UUID A = new UUID(0, 1);
    private static final UUID B = new UUID(0, 2);
    private static final UUID C = new UUID(0, 3);
    private static final QueueConfig CONFIG = new QueueConfig(10, 6, Duration.ofSeconds(10));

    // Near its end, so that start-bys lie past the overflow.
    private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE - 10);
    private final List<TestTask> late = new CopyOnWriteArrayList<>();
    private final FairQueue<TestTask> queue = new FairQueue<>(CONFIG, nanoTime::get, late::add);

    @Test
    void keepsTheOrderOfAnAccount() {
        TestTask first = offered(A);
        TestTask second = offered(A);

        assertThat(queue.poll()).containsSame(first);
        assertThat(queue.poll()).containsSame(second);
        assertThat(queue.poll()).isEmpty();
    }

    @Test
    void letsAccountsTakeTurns() {
        TestTask a1 = offered(A);
        TestTask a2 = offered(A);
        TestTask a3 = offered(A);
        TestTask b1 = offered(B);
        TestTask b2 = offered(B);
        TestTask c1 = offered(C);

        assertThat(pollAll()).containsExactly(a1, b1, c1, a2, b2, a3);
    }

    @Test
    void delaysANewcomerByOneTaskOfEachOtherAccount() {
        offered(A);
        TestTask a2 = offered(A);
        TestTask a3 = offered(A);
        queue.poll();

        TestTask b1 = offered(B);

        assertThat(pollAll()).containsExactly(a2, b1, a3);
    }

    @Test
    void handsOutNoMoreOfAnAccountThanItsTaskAllows() {
        TestTask a1 = offered(A, 1);
        TestTask a2 = offered(A, 1);
        TestTask b1 = offered(B, 1);

        assertThat(pollAll()).containsExactly(a1, b1);
        queue.finished(a1);
        assertThat(pollAll()).containsExactly(a2);
    }

    @Test
    void asksTheFirstTaskOfTheLineHowManyMayBeInProgress() {
        TestTask a1 = offered(A, 1);
        TestTask a2 = offered(A, 1);
        TestTask a3 = offered(A, 2);
        assertThat(pollAll()).containsExactly(a1);

        assertThat(queue.remove(a2)).isTrue();

        assertThat(pollAll()).containsExactly(a3);
    }

    @Test
    void boundsAnAccountAndAll() {
        for (int i = 0; i < CONFIG.accountCapacity(); i++) {
            offered(A);
        }
        assertThat(queue.offer(task(A))).isEqualTo(Offer.ACCOUNT_FULL);
        for (int i = CONFIG.accountCapacity(); i < CONFIG.capacity(); i++) {
            offered(B);
        }
        assertThat(queue.offer(task(B))).isEqualTo(Offer.FULL);
        assertThat(queue.size()).isEqualTo(CONFIG.capacity());

        queue.poll();

        offered(B);
    }

    @Test
    void refusesWhatComesTooLate() {
        assertThat(queue.offer(startingBy(A, 0))).isEqualTo(Offer.LATE);
        assertThat(queue.offer(startingBy(A, 1))).isEqualTo(Offer.ACCEPTED);
        assertThat(late).isEmpty();
    }

    @Test
    void handsOutNothingThatIsLate() {
        TestTask soon = accepted(startingBy(A, 100));
        TestTask sooner = accepted(startingBy(B, 50));
        TestTask later = accepted(startingBy(A, 101));
        nanoTime.addAndGet(100);

        assertThat(queue.poll()).containsSame(later);
        assertThat(late).containsExactly(sooner, soon);
        assertThat(queue.remove(soon)).isFalse();
    }

    @Test
    void tellsLateTasksWithoutATaker() throws InterruptedException {
        TestTask blocked = accepted(startingBy(A, 50));
        TestTask behind = accepted(new TestTask(A, 2, nanoTime.get() + 100));
        AtomicInteger takeable = new AtomicInteger();
        queue.onTakeable(takeable::incrementAndGet);
        nanoTime.addAndGet(50);

        assertThat(queue.awaitLate()).isTrue();

        assertThat(late).containsExactly(blocked);
        assertThat(takeable).as("the one behind may start now").hasValue(1);
        assertThat(queue.poll()).containsSame(behind);
    }

    @Test
    void watchesLateTasksUntilItIsClosed() {
        CompletableFuture<TestTask> first = new CompletableFuture<>();
        FairQueue<TestTask> watched = new FairQueue<>(CONFIG, System::nanoTime, first::complete);
        Thread watch = LateTasks.watch(watched);
        TestTask patient = new TestTask(A, 1, System.nanoTime() + TimeUnit.HOURS.toNanos(1));
        TestTask hasty = new TestTask(A, 1, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(50));

        assertThat(watched.offer(patient)).isEqualTo(Offer.ACCEPTED);
        assertThat(watched.offer(hasty)).isEqualTo(Offer.ACCEPTED);

        assertThat(first.orTimeout(30, TimeUnit.SECONDS).join()).isSameAs(hasty);
        assertThat(watched.close()).containsExactly(patient);
        Awaitility.await().until(() -> !watch.isAlive());
    }

    @Test
    void keepsThePlaceOfATaskThatIsPutBackWhateverTheCapacity() {
        TestTask a1 = offered(A, 1);
        TestTask b1 = offered(B);
        assertThat(pollAll()).containsExactly(a1, b1);
        TestTask a2 = offered(A);
        for (int i = 1; i < CONFIG.accountCapacity(); i++) {
            offered(A);
        }

        assertThat(queue.putBack(a1)).isTrue();

        assertThat(queue.size()).isEqualTo(CONFIG.accountCapacity() + 1);
        assertThat(queue.poll()).containsSame(a1);
        queue.finished(a1);
        assertThat(queue.poll()).containsSame(a2);
    }

    @Test
    void givesBackTheTurnOfATaskThatIsPutBack() {
        TestTask a1 = offered(A);
        TestTask b1 = offered(B);
        offered(A);
        assertThat(queue.poll()).containsSame(a1);
        assertThat(queue.poll()).containsSame(b1);

        queue.putBack(b1);

        assertThat(queue.poll())
                .as("its account was before the other's second task")
                .containsSame(b1);
    }

    @Test
    void tellsWhenMoreMayBeTaken() {
        AtomicInteger calls = new AtomicInteger();
        queue.onTakeable(calls::incrementAndGet);

        TestTask a1 = offered(A, 1);
        assertThat(calls).hasValue(1);
        queue.poll();
        offered(A, 1);
        assertThat(calls).as("the account may have no other in progress").hasValue(1);
        queue.finished(a1);
        assertThat(calls).hasValue(2);
    }

    @Test
    void wakesEveryTakerThatFindsWork() {
        TestTask a1 = offered(A, 1);
        queue.poll();
        TestTask a2 = offered(A, 1);
        TestTask a3 = offered(A, 2);
        List<TestTask> taken = new CopyOnWriteArrayList<>();
        List<Thread> takers = List.of(taker(taken), taker(taken));
        Awaitility.await().until(() -> takers.stream().allMatch(taker -> taker.getState() == Thread.State.WAITING));

        queue.finished(a1);

        Awaitility.await().until(() -> taken.size() == 2);
        assertThat(taken).containsExactlyInAnyOrder(a2, a3);
        queue.close();
        Awaitility.await().until(() -> takers.stream().noneMatch(Thread::isAlive));
    }

    @Test
    void returnsWhatWaitsWhenItIsClosed() throws InterruptedException {
        TestTask a1 = offered(A);
        queue.poll();
        TestTask b1 = offered(B);
        TestTask a2 = offered(A);

        assertThat(queue.close()).containsExactly(b1, a2);

        assertThat(queue.offer(task(A))).isEqualTo(Offer.CLOSED);
        assertThat(queue.take()).isEmpty();
        assertThat(queue.awaitLate()).isFalse();
        assertThat(queue.putBack(a1)).isFalse();
        assertThat(queue.close()).isEmpty();
        assertThat(queue.accounts()).isZero();
    }

    @Test
    void forgetsAccountsWithoutTasks() {
        TestTask a1 = offered(A);
        TestTask b1 = offered(B);
        assertThat(queue.accounts()).isEqualTo(2);

        queue.remove(b1);
        queue.poll();
        assertThat(queue.accounts()).isEqualTo(1);
        queue.finished(a1);

        assertThat(queue.accounts()).isZero();
    }

    @Test
    void finishesATaskOnce() {
        TestTask a1 = offered(A);
        queue.poll();
        queue.finished(a1);

        assertThatThrownBy(() -> queue.finished(a1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> queue.putBack(a1)).isInstanceOf(IllegalStateException.class);
    }

    private Thread taker(List<TestTask> taken) {
        Thread thread = new Thread(() -> {
            try {
                for (Optional<TestTask> task = queue.take(); task.isPresent(); task = queue.take()) {
                    taken.add(task.get());
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private List<TestTask> pollAll() {
        List<TestTask> taken = new ArrayList<>();
        for (Optional<TestTask> task = queue.poll(); task.isPresent(); task = queue.poll()) {
            taken.add(task.get());
        }
        return taken;
    }

    private TestTask offered(UUID account) {
        return accepted(task(account));
    }

    private TestTask offered(UUID account, int concurrency) {
        return accepted(new TestTask(account, concurrency, nanoTime.get() + Long.MAX_VALUE / 2));
    }

    private TestTask accepted(TestTask task) {
        assertThat(queue.offer(task)).isEqualTo(Offer.ACCEPTED);
        return task;
    }

    private TestTask task(UUID account) {
        return new TestTask(account, Integer.MAX_VALUE, nanoTime.get() + Long.MAX_VALUE / 2);
    }

    private TestTask startingBy(UUID account, long nanosFromNow) {
        return new TestTask(account, Integer.MAX_VALUE, nanoTime.get() + nanosFromNow);
    }
}

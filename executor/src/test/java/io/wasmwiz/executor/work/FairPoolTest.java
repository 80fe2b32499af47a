package io.wasmwiz.executor.work;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FairPoolTest {
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final FairPool pool = FairPool.open("test", 1, 8, metrics);
    private final UUID flooder = UUID.randomUUID();
    private final UUID honest = UUID.randomUUID();
    private final CountDownLatch free = new CountDownLatch(1);
    private final List<String> done = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void close() {
        free.countDown();
        pool.close();
    }

    @Test
    void takesAccountsInTurnAndEachInItsOrder() {
        occupy();
        CompletableFuture<?> last = submit(flooder, "f1");
        last = submit(flooder, "f2");
        submit(honest, "h1");
        submit(honest, "h2");

        free.countDown();

        join(last);
        await(() -> done.size() == 4);
        assertThat(done).containsExactly("f1", "h1", "f2", "h2");
    }

    @Test
    void letsAnAccountWaitWithNoMoreThanAQuarter() {
        occupy();
        submit(flooder, "f1");
        submit(flooder, "f2");

        assertThat(refusal(submit(flooder, "f3"))).isInstanceOf(Refusal.ServerBusy.class);
        assertThat(submit(honest, "h1")).isNotDone();
        assertThat(waiting()).isEqualTo(3);
    }

    @Test
    void takesNoMoreThanItsCapacityOfAll() {
        occupy();
        for (int i = 0; i < 8; i++) {
            submit(UUID.randomUUID(), "x");
        }

        assertThat(refusal(submit(honest, "h"))).isInstanceOf(Refusal.ServerBusy.class);
    }

    @Test
    void takesBackWhatWaits() {
        occupy();
        FairPool.Job<String> job = pool.submit(honest, () -> "never");

        job.cancel();

        assertThat(refusal(job.result().toCompletableFuture())).isInstanceOf(Refusal.Cancelled.class);
        assertThat(waiting()).isZero();
        free.countDown();
        assertThat(join(submit(honest, "next"))).isEqualTo("next");
    }

    @Test
    void doesNotTakeBackWhatBegan() {
        FairPool.Job<String> job = occupy();

        job.cancel();
        free.countDown();

        assertThat(join(job.result().toCompletableFuture())).isEqualTo("occupied");
    }

    @Test
    void goesOnAfterWorkThatFails() {
        CompletableFuture<String> failed = pool.<String>submit(honest, () -> {
                    throw new AssertionError("boom");
                })
                .result()
                .toCompletableFuture();

        assertThat(failed).failsWithin(10, TimeUnit.SECONDS).withThrowableThat().withMessageContaining("boom");
        assertThat(join(submit(honest, "next"))).isEqualTo("next");
    }

    @Test
    void refusesOnceItIsClosed() {
        pool.close();

        assertThat(refusal(submit(honest, "late"))).isInstanceOf(Refusal.Draining.class);
    }

    private FairPool.Job<String> occupy() {
        CountDownLatch begun = new CountDownLatch(1);
        FairPool.Job<String> job = pool.submit(UUID.randomUUID(), () -> {
            begun.countDown();
            free.await();
            return "occupied";
        });
        try {
            assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return job;
    }

    private CompletableFuture<String> submit(UUID account, String name) {
        return pool.submit(account, () -> {
                    done.add(name);
                    return name;
                })
                .result()
                .toCompletableFuture();
    }

    private double waiting() {
        return metrics.get("wasmwiz.test.queue.depth").gauge().value();
    }

    private static void await(java.util.concurrent.Callable<Boolean> condition) {
        org.awaitility.Awaitility.await().until(condition);
    }

    private static <T> T join(CompletableFuture<T> future) {
        return future.orTimeout(10, TimeUnit.SECONDS).join();
    }

    private static Refusal refusal(CompletableFuture<?> future) {
        try {
            future.orTimeout(10, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            return RefusedException.refusalIn(e).orElseThrow();
        }
        throw new AssertionError("not refused");
    }
}

package io.wasmwiz.executor.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkPoolTest {
    private final WorkPool pool = WorkPool.open("test", 1, 1, new SimpleMeterRegistry());

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void refusesWhatItsQueueCannotTake() {
        CountDownLatch release = new CountDownLatch(1);
        CompletableFuture<Boolean> running = pool.submit(() -> release.await(10, TimeUnit.SECONDS));
        CompletableFuture<Integer> waiting = pool.submit(() -> 2);

        CompletableFuture<Integer> refused = pool.submit(() -> 3);

        assertThat(refusal(refused)).isInstanceOf(Refusal.ServerBusy.class);
        assertThatExceptionOfType(RejectedExecutionException.class).isThrownBy(() -> pool.execute(() -> {}));
        release.countDown();
        assertThat(running).succeedsWithin(10, TimeUnit.SECONDS);
        assertThat(waiting).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(2);
    }

    @Test
    void saysSoWhenPostgresIsAway() {
        CompletableFuture<Object> failed = pool.submit(() -> {
            throw new IllegalStateException(new SQLException("terminating connection", "57P01"));
        });

        assertThat(refusal(failed)).isInstanceOf(Refusal.DatabaseUnavailable.class);
    }

    @Test
    void passesOtherFailuresOn() {
        CompletableFuture<Object> failed = pool.submit(() -> {
            throw new SQLException("unique violation", "23505");
        });

        assertThat(failed)
                .failsWithin(10, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(SQLException.class);
    }

    @Test
    void refusesWorkAfterItsClose() {
        pool.close();

        assertThat(refusal(pool.submit(() -> 1))).isInstanceOf(Refusal.Draining.class);
        assertThatExceptionOfType(RejectedExecutionException.class).isThrownBy(() -> pool.execute(() -> {}));
    }

    private static Refusal refusal(CompletableFuture<?> future) {
        return future.handle((value, failure) -> failure)
                .thenApply(failure -> RefusedException.refusalIn(failure).orElseThrow())
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }
}

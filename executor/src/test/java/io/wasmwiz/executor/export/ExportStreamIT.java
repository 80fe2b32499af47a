package io.wasmwiz.executor.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.auth.Authentication;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.executor.auth.Tier;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.service.database.DatabaseConfig;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import io.wasmwiz.v1.ExportUsageResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A stream whose client takes messages one by one. */
class ExportStreamIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    private static final int PAGE_ROWS = 7;
    private static final ExportFilter ALL =
            new ExportFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Set.of());

    private static final Tier TIER = new Tier("Free", 1, 10, 500, 128, Duration.ofSeconds(5), 2);

    private final TestDatabase database = POSTGRES.createDatabase();
    private final UUID account = database.insertAccount("tenant", "Free");
    private final UUID topicId = new UUID(0, 1);
    private final TokenKeys keys = TokenKeys.random();
    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    private final UsageExports exports = UsageExports.open(
            new ExportConfig("", 1, 1, PAGE_ROWS, Duration.ofMillis(10), 1, ""),
            new DatabaseConfig(database.url("wasmwiz_executor"), 1, Duration.ofSeconds(10)),
            keys,
            caller -> CompletableFuture.completedFuture(new Authentication.Granted(caller)),
            timers,
            new SimpleMeterRegistry());

    @AfterEach
    void close() {
        exports.close();
        timers.shutdownNow();
    }

    @Test
    void saysWhereToRestartBehindWhatItHasSent() {
        new LedgerLog(database, topicId)
                .append(account, UUID.randomUUID(), 0, 0, 10 * PAGE_ROWS, Instant.parse("2026-03-01T12:00:00Z"));
        SlowClient client = new SlowClient();
        ExportStream stream =
                exports.begin(new Caller(account, Optional.empty(), Set.of(Scope.USAGE), TIER), ALL, "", false, client);
        client.mayTake(1);
        stream.pump();
        // One page is sent, and two are kept: no more is read until the client takes one.
        for (int page = 1; page <= 3; page++) {
            awaitPagesAskedFor(stream);
        }

        database.jdbi()
                .useHandle(handle -> handle.execute("UPDATE usage_retention SET floor = ?", LocalDate.of(2026, 3, 2)));
        client.mayTake(1);
        stream.pump();
        awaitPagesAskedFor(stream);
        client.mayTake(10);
        stream.pump();

        Refusal.UsageDropped dropped =
                (Refusal.UsageDropped) ((RefusedException) Objects.requireNonNull(client.failure)).refusal();
        ExportPosition restart = new ResumeTokens(keys)
                .decode(account, ALL, dropped.restartToken())
                .orElseThrow();
        assertThat(restart.of(new LogPartition(topicId, 0)))
                .isEqualTo(client.rows.get())
                .isEqualTo(3 * PAGE_ROWS);
    }

    // The only thread that reads takes what it is asked for in turn.
    private void awaitPagesAskedFor(ExportStream stream) {
        exports.read(stream, Optional.empty()).toCompletableFuture().join();
    }

    /** Takes as many messages as it was told to. */
    private static final class SlowClient implements ExportSink {
        private final AtomicInteger permits = new AtomicInteger();
        private final AtomicInteger rows = new AtomicInteger();
        private volatile @Nullable Throwable failure;

        void mayTake(int messages) {
            permits.addAndGet(messages);
        }

        @Override
        public boolean isReady() {
            return permits.get() > 0;
        }

        @Override
        public void send(ExportMessage message) {
            permits.decrementAndGet();
            try {
                rows.addAndGet(ExportUsageResponse.parseFrom(message.rows()).getRowsCount());
            } catch (InvalidProtocolBufferException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void complete() {
            failure = new AssertionError("completed");
        }

        @Override
        public void fail(Throwable cause) {
            failure = cause;
        }
    }
}

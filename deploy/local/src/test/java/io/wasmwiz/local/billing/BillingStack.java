package io.wasmwiz.local.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.executor.ExecutorCommand;
import io.wasmwiz.executor.ExecutorMain;
import io.wasmwiz.executor.ExecutorServer;
import io.wasmwiz.executor.auth.ApiKey;
import io.wasmwiz.metering.MeteringCommand;
import io.wasmwiz.metering.MeteringMain;
import io.wasmwiz.metering.MeteringWorker;
import io.wasmwiz.metering.reconcile.ReconcileMain;
import io.wasmwiz.service.Closer;
import io.wasmwiz.testing.TestDatabase;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;

/**
 * One database and one log, a tier and an account of the test's own, and the executors and workers that it starts, with the
 * shortest time-outs that configuration allows. Closes what it started.
 */
final class BillingStack implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(90);
    static final String TIER = "Billed";

    private static final String TIER_ROW = """
            INSERT INTO subscription_tiers (name, executions_per_minute, executions_per_day, memory_mib, run_time_ms,
                                            max_concurrency)
            VALUES (?, ?, ?, 64, 2000, 100)
            """;
    /** What metering must know of the executors. */
    private static final List<String> SHORT = List.of("--max-queue-wait=1s", "--event-delivery-timeout=1s");

    final UUID account;
    final String apiKey;
    private final TestDatabase database;
    private final String bootstrapServers;
    private final String topic;
    private final Closer closer = new Closer();

    /**
     * Makes the account, on a tier with these limits and runs of two seconds at most.
     *
     * @param perMinute above {@code perDay}: in effect none
     */
    BillingStack(TestDatabase database, String bootstrapServers, String topic, int perMinute, int perDay) {
        this.database = database;
        this.bootstrapServers = bootstrapServers;
        this.topic = topic;
        database.jdbi().useHandle(handle -> {
            if (perMinute > perDay) {
                handle.execute("ALTER TABLE subscription_tiers DROP CONSTRAINT subscription_tiers_day_at_least_minute");
            }
            handle.execute(TIER_ROW, TIER, perMinute, perDay);
        });
        ApiKey key = ApiKey.generate(new SecureRandom());
        this.account = database.insertAccount("billed", TIER);
        this.apiKey = key.text();
        database.insertKey(account, key.hash().sha256());
    }

    /** An executor in this JVM, and a client of it. */
    Caller executor(String id, String... flags) {
        return executorOn(bootstrapServers, id, flags);
    }

    /** The same, which publishes to the broker at {@code logServers}. */
    Caller executorOn(String logServers, String id, String... flags) {
        return callerOf(ExecutorServer.start(ExecutorCommand.parse(Map.of(), executorFlags(id, logServers, flags))));
    }

    /** An executor in this JVM whose machine's clock is off by {@code skew}. */
    Caller skewedExecutor(String id, Duration skew) {
        return callerOf(ExecutorServer.start(
                ExecutorCommand.parse(
                        Map.of(),
                        executorFlags(id, bootstrapServers, "--sandbox-mode=in-process", "--sandbox-workers=1")),
                Clock.offset(Clock.systemUTC(), skew)));
    }

    private Caller callerOf(ExecutorServer server) {
        closer.add(server);
        return closer.add(Caller.of(server.grpcPort(), server.adminPort(), apiKey))
                .awaitReady();
    }

    /** An executor in a JVM of its own. */
    ForkedService forkExecutor(Path directory, String id, String... flags) {
        return closer.add(ForkedService.start(
                directory,
                ExecutorMain.class,
                "executor started",
                List.of(executorFlags(id, bootstrapServers, flags))));
    }

    /** A client of a forked executor. */
    Caller callerOf(ForkedService executor) {
        return closer.add(Caller.of(executor.port("grpc_port"), executor.port("admin_port"), apiKey))
                .awaitReady();
    }

    private String[] executorFlags(String id, String logServers, String... more) {
        List<String> flags = new ArrayList<>(List.of(
                "--executor-id=" + id,
                "--grpc-host=127.0.0.1",
                "--grpc-port=0",
                "--admin-host=127.0.0.1",
                "--admin-port=0",
                "--database-url=" + database.url("wasmwiz_executor"),
                "--kafka-bootstrap-servers=" + logServers,
                "--kafka-topic=" + topic,
                "--admission-lease-duration=5s",
                "--admission-lease-idle=1s",
                "--warm-up-runs=1",
                "--drain-timeout=5s"));
        flags.addAll(SHORT);
        flags.addAll(List.of(more));
        return flags.toArray(String[]::new);
    }

    /** A worker that ends leases of executors that are gone as soon as it may. */
    MeteringWorker worker() {
        return closer.add(MeteringWorker.start(
                MeteringCommand.parse(Map.of(), workerFlags().toArray(String[]::new))));
    }

    /** The same in a JVM of its own. Each is a consumer group of its own, and need not wait for one that was killed. */
    ForkedService forkWorker(Path directory) {
        return closer.add(ForkedService.start(directory, MeteringMain.class, "metering started", workerFlags()));
    }

    private List<String> workerFlags() {
        return Stream.concat(
                        Stream.of(
                                "--admin-host=127.0.0.1",
                                "--admin-port=0",
                                "--database-url=" + database.url("wasmwiz_metering"),
                                "--kafka-bootstrap-servers=" + bootstrapServers,
                                "--kafka-topic=" + topic,
                                "--consumer-group=" + topic + "-" + UUID.randomUUID(),
                                "--lease-close-margin=0s",
                                "--lease-sweep-interval=200ms",
                                "--reconcile-interval=0s"),
                        SHORT.stream())
                .toList();
    }

    /** As the superuser. */
    Jdbi jdbi() {
        return database.jdbi();
    }

    long number(String sql) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery(sql).mapTo(Long.class).one());
    }

    List<UUID> ids(String sql) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery(sql).mapTo(UUID.class).list());
    }

    long charged() {
        return number("SELECT coalesce(sum(charged), 0) FROM daily_tier_counters WHERE tier = '" + TIER + "'");
    }

    long held() {
        return number("SELECT coalesce(sum(held), 0) FROM daily_tier_counters WHERE tier = '" + TIER + "'");
    }

    /** Waits until {@code sql} gives {@code expected}. */
    void awaitNumber(String sql, long expected) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(number(sql)).as(sql).isEqualTo(expected));
    }

    /** Compares rows, counters, leases and log, as {@code wasmwiz reconcile} does, in a process of its own. */
    void assertReconciled(Path directory) throws InterruptedException {
        try (ForkedService reconcile = ForkedService.begin(
                directory,
                ReconcileMain.class,
                List.of(
                        "--database-url=" + database.url("wasmwiz_reader"),
                        "--kafka-bootstrap-servers=" + bootstrapServers,
                        "--kafka-topic=" + topic))) {
            assertThat(reconcile.awaitExit()).as(reconcile.log()).isZero();
        }
    }

    @Override
    public void close() {
        closer.close();
    }
}

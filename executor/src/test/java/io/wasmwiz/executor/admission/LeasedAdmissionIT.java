package io.wasmwiz.executor.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.events.v1.ExecutionLogRecord;
import io.wasmwiz.executor.admission.Admission.Admitted;
import io.wasmwiz.executor.admission.Admission.DailyQuotaSpent;
import io.wasmwiz.executor.admission.Admission.MinuteQuotaSpent;
import io.wasmwiz.executor.admission.Permit.Use;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.executor.auth.Tier;
import io.wasmwiz.executor.events.EventsConfig;
import io.wasmwiz.executor.events.KafkaExecutionEvents;
import io.wasmwiz.executor.events.LogReader;
import io.wasmwiz.service.database.Database;
import io.wasmwiz.service.database.DatabaseConfig;
import io.wasmwiz.testing.KafkaExtension;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Admission with the real database and the real log. */
class LeasedAdmissionIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    @RegisterExtension
    static final KafkaExtension KAFKA = new KafkaExtension();

    /** For a busy machine. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String BUSY_TIER = """
            INSERT INTO subscription_tiers (name, executions_per_minute, executions_per_day, memory_mib, run_time_ms,
                                            max_concurrency)
            VALUES ('Busy', 500, 500, 128, 5000, 10000)
            """;
    private static final String LEASES = "SELECT id FROM quota_leases WHERE user_id = :account";
    private static final String HELD = "SELECT held FROM daily_tier_counters WHERE user_id = :account AND tier = :tier";

    private final TestDatabase database = POSTGRES.createDatabase();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final String topic = KAFKA.newTopic(3);
    private Database pool;
    private KafkaExecutionEvents events;

    @BeforeEach
    void open() {
        database.jdbi().useHandle(handle -> handle.execute(BUSY_TIER));
        pool = Database.open(
                new DatabaseConfig(database.url("wasmwiz_executor"), 4, Duration.ofSeconds(5)),
                "wasmwiz-executor-test",
                metrics);
        EventsConfig defaults = EventsConfig.defaults(KAFKA.bootstrapServers(), "executor-1");
        events = KafkaExecutionEvents.open(
                new EventsConfig(
                        defaults.bootstrapServers(),
                        topic,
                        defaults.executorId(),
                        defaults.deliveryTimeout(),
                        defaults.stallBound(),
                        defaults.maxInFlight(),
                        defaults.bufferBytes(),
                        Map.of()),
                metrics);
        await().atMost(PATIENCE).until(events::isAccepting);
    }

    @AfterEach
    void close() {
        events.close();
        pool.close();
    }

    @Test
    void admitsExactlyTheDayUnderConcurrentCallsAndClosesEveryLeaseOnDrain() throws Exception {
        UUID account = database.insertAccount("busy", "Busy");
        Caller caller = caller(account, new Tier("Busy", 1, 500, 500, 128, Duration.ofSeconds(5), 10_000));

        List<Admission> answers;
        try (LeasedAdmission admission = admission()) {
            answers = callConcurrently(admission, caller, 2_000);
        }

        assertThat(answers).filteredOn(Admitted.class::isInstance).hasSize(500);
        assertThat(answers)
                .filteredOn(answer -> !(answer instanceof Admitted))
                .allMatch(answer -> answer instanceof DailyQuotaSpent || answer instanceof MinuteQuotaSpent);
        assertThat(held(account, "Busy")).isEqualTo(500);
        assertThat(closedLeases()).containsExactlyInAnyOrderElementsOf(leases(account));
    }

    @Test
    void admitsExactlyTheMinute() throws Exception {
        UUID account = database.insertAccount("free", "Free");
        Caller caller = caller(account, new Tier("Free", 1, 10, 500, 128, Duration.ofSeconds(5), 10_000));

        List<Admission> answers;
        try (LeasedAdmission admission = admission()) {
            // Wait for the first of a minute's seconds, so that all calls fall in one minute.
            await().atMost(PATIENCE).until(() -> System.currentTimeMillis() % 60_000 < 45_000);
            answers = callConcurrently(admission, caller, 200);
        }

        assertThat(answers).filteredOn(Admitted.class::isInstance).hasSize(10);
        assertThat(answers).filteredOn(MinuteQuotaSpent.class::isInstance).hasSize(190);
        assertThat(closedLeases()).containsExactlyInAnyOrderElementsOf(leases(account));
    }

    private LeasedAdmission admission() {
        return LeasedAdmission.open(
                AdmissionConfig.defaults("executor-1"), pool.jdbi(), events, Duration.ofSeconds(10), metrics);
    }

    private static List<Admission> callConcurrently(LeasedAdmission admission, Caller caller, int calls)
            throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Admission>> attempts = IntStream.range(0, calls)
                    .mapToObj(i -> (Callable<Admission>) () -> {
                        Admission answer =
                                admission.admit(caller).toCompletableFuture().get(60, TimeUnit.SECONDS);
                        if (answer instanceof Admitted admitted) {
                            admitted.permit().release(Use.SPENT);
                        }
                        return answer;
                    })
                    .toList();
            List<Admission> answers = new ArrayList<>();
            for (Future<Admission> answer : threads.invokeAll(attempts)) {
                answers.add(answer.get());
            }
            return answers;
        } finally {
            threads.shutdownNow();
        }
    }

    private static Caller caller(UUID account, Tier tier) {
        return new Caller(account, Optional.empty(), Set.of(Scope.EXECUTE), tier);
    }

    private List<UUID> leases(UUID account) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery(LEASES)
                        .bind("account", account)
                        .mapTo(UUID.class)
                        .list());
    }

    private long held(UUID account, String tier) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery(HELD)
                        .bind("account", account)
                        .bind("tier", tier)
                        .mapTo(Long.class)
                        .one());
    }

    private List<UUID> closedLeases() throws Exception {
        List<UUID> closed = new ArrayList<>();
        for (ExecutionLogRecord message : LogReader.readMessages(KAFKA.bootstrapServers(), topic)) {
            ByteBuffer id = message.getLeaseClosed().getLeaseId().asReadOnlyByteBuffer();
            closed.add(new UUID(id.getLong(), id.getLong()));
        }
        return closed;
    }
}

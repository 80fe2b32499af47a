package io.wasmwiz.executor.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.admission.Admission.Admitted;
import io.wasmwiz.executor.admission.Admission.DailyQuotaSpent;
import io.wasmwiz.executor.admission.Admission.KeyQuotaSpent;
import io.wasmwiz.executor.admission.Admission.MinuteQuotaSpent;
import io.wasmwiz.executor.admission.Permit.Use;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.executor.auth.Tier;
import io.wasmwiz.service.database.Database;
import io.wasmwiz.service.database.DatabaseConfig;
import io.wasmwiz.testing.PostgresExtension;
import io.wasmwiz.testing.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
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
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Three executors on one real PostgreSQL, whose clock rules. Leases are settled as metering does, as soon as their end is
 * published.
 */
class SharedQuotaIT {
    @RegisterExtension
    static final PostgresExtension POSTGRES = new PostgresExtension();

    private static final String TIERS = """
            INSERT INTO subscription_tiers (name, executions_per_minute, executions_per_day, memory_mib, run_time_ms,
                                            max_concurrency)
            VALUES ('Daily', 500, 500, 128, 5000, 100000), ('Minutely', 100, 100000, 128, 5000, 100000)
            """;
    private static final String COUNTER =
            "SELECT held, charged FROM daily_tier_counters WHERE user_id = :account AND tier = :tier";
    private static final String MINUTES =
            "SELECT granted FROM minute_grants WHERE user_id = :account AND minute = :minute";

    private final TestDatabase database = POSTGRES.createDatabase();
    private final List<Executor> executors = new ArrayList<>();
    private Database pool;

    /** An executor and the log that settles its leases. */
    private record Executor(LeasedAdmission admission, SettlingEvents events) {}

    @BeforeEach
    void open() {
        database.jdbi().useHandle(handle -> handle.execute(TIERS));
        pool = Database.open(
                new DatabaseConfig(database.url("wasmwiz_executor"), 8, Duration.ofSeconds(10)),
                "wasmwiz-executor-test",
                new SimpleMeterRegistry());
        for (String id : List.of("one", "two", "three")) {
            AdmissionConfig config = Configs.waiting(id, Duration.ofSeconds(5));
            SettlingEvents events = new SettlingEvents(database.jdbi());
            TimedIds ids = new TimedIds();
            executors.add(new Executor(
                    new LeasedAdmission(
                            config,
                            new PostgresQuotaStore(pool.jdbi(), ids, config),
                            ids,
                            events,
                            Duration.ofSeconds(10),
                            Ticker.systemTicker(),
                            new SimpleMeterRegistry()),
                    events));
        }
    }

    @AfterEach
    void close() {
        executors.forEach(executor -> executor.admission().close());
        pool.close();
    }

    @Test
    void chargesExactlyTheDayOfTwoThousandCallsOnThreeExecutors() throws Exception {
        UUID account = database.insertAccount("even", "Daily");

        List<Admission> answers = spendAll(2_000, i -> i % 3, caller(account, "Daily", 500, 500));

        // A minute's boundary leaves some of the second minute's units unused: only the day counts here.
        assertThat(answers).filteredOn(Admitted.class::isInstance).hasSizeLessThanOrEqualTo(500);
        assertThat(spendUntilTheDayIsSpent(account)).isEqualTo(500);
    }

    @Test
    void allOfTheDayIsUsableWhenOneExecutorGetsNearlyAllCalls() throws Exception {
        UUID account = database.insertAccount("uneven", "Daily");
        Caller caller = caller(account, "Daily", 500, 500);
        // The others take leases of several units and use one: the rest must not be stranded there.
        for (int executor : new int[] {1, 2}) {
            for (int i = 0; i < 3; i++) {
                permit(admit(executor, caller)).release(Use.RETURNED);
            }
        }

        spendAll(2_000, i -> i % 100 == 0 ? 1 : 0, caller);

        assertThat(spendUntilTheDayIsSpent(account)).isEqualTo(500);
    }

    @Test
    void aRefusalNamesWhatOthersHold() throws Exception {
        UUID account = database.insertAccount("held", "Daily");
        Caller caller = caller(account, "Daily", 500, 500);
        List<Permit> running = new ArrayList<>();
        while (running.size() < 499) {
            running.add(permit(admit(1, caller)));
        }
        Permit last = permit(admit(0, caller));
        executors.get(0).events().charge(last);
        last.release(Use.SPENT);

        // What runs elsewhere cannot be returned: the call waits for it a while, and then not for ever.
        Admission refused = admit(0, caller);

        assertThat(refused).isInstanceOfSatisfying(DailyQuotaSpent.class, spent -> {
            assertThat(spent.limit()).isEqualTo(500);
            assertThat(spent.held()).isEqualTo(500);
            assertThat(spent.charged()).isLessThan(500);
            assertThat(spent.resetsAt()).isEqualTo(spent.resetsAt().truncatedTo(ChronoUnit.DAYS));
        });
        running.forEach(permit -> permit.release(Use.RETURNED));
    }

    @Test
    void admitsExactlyTheMinuteOfTwoThousandCallsOnThreeExecutors() throws Exception {
        UUID account = database.insertAccount("minutely", "Minutely");

        List<Admission> answers = spendAll(2_000, i -> i % 3, caller(account, "Minutely", 100, 100_000));

        Map<Instant, Long> perMinute = answers.stream()
                .filter(Admitted.class::isInstance)
                .map(answer -> permit(answer).admittedAt().truncatedTo(ChronoUnit.MINUTES))
                .collect(Collectors.groupingBy(minute -> minute, Collectors.counting()));
        // The last of the minutes may have come too late for a hundred calls to be left.
        Instant last = perMinute.keySet().stream().max(Instant::compareTo).orElseThrow();
        assertThat(perMinute).allSatisfy((minute, admitted) -> {
            assertThat(admitted).isLessThanOrEqualTo(100);
            assertThat(granted(account, minute)).isLessThanOrEqualTo(100);
        });
        if (perMinute.size() == 1) {
            assertThat(perMinute).containsEntry(last, 100L);
            assertThat(answers).filteredOn(MinuteQuotaSpent.class::isInstance).hasSize(1_900);
        }
    }

    @Test
    void aKeysOwnLimitIsExactOverThreeExecutors() throws Exception {
        UUID account = database.insertAccount("narrow", "Daily");
        Caller narrow =
                new Caller(account, Optional.of(UUID.randomUUID()), Set.of(Scope.EXECUTE), tier("Daily", 500, 40));

        List<Admission> answers = spendAll(300, i -> i % 3, narrow);

        assertThat(answers).filteredOn(Admitted.class::isInstance).hasSize(40);
        assertThat(answers).filteredOn(KeyQuotaSpent.class::isInstance).hasSize(260);
        permit(admit(0, caller(account, "Daily", 500, 500))).release(Use.RETURNED);
    }

    @Test
    void tenKeysOfAnAccountShareOneDayOverThreeExecutors() throws Exception {
        UUID account = database.insertAccount("ten keys", "Daily");
        List<Caller> keys = IntStream.range(0, 10)
                .mapToObj(i -> new Caller(
                        account, Optional.of(UUID.randomUUID()), Set.of(Scope.EXECUTE), tier("Daily", 500, 500)))
                .toList();

        // Every key calls on every executor.
        List<Admission> answers = spendAll(2_000, i -> i % 3, i -> keys.get(i / 3 % 10));

        assertThat(answers).filteredOn(Admitted.class::isInstance).hasSizeLessThanOrEqualTo(500);
        awaitTheDayIsSpent(account);
        for (int i = 0; i < 30; i++) {
            assertThat(admit(i % 3, keys.get(i / 3))).isInstanceOf(DailyQuotaSpent.class);
        }
        assertThat(chargedWhenDrained(account)).isEqualTo(500);
    }

    @Test
    void everyLeaseIsSettledOnceWhenAllAreDrained() throws Exception {
        UUID account = database.insertAccount("drained", "Daily");
        spendAll(100, i -> i % 3, caller(account, "Daily", 500, 500));

        executors.forEach(executor -> executor.admission().close());

        assertThat(counter(account)).isEqualTo(List.of(100L, 100L));
    }

    /** Units charged when no call is admitted any more, by whichever executor, whatever minute it is. */
    private long spendUntilTheDayIsSpent(UUID account) {
        awaitTheDayIsSpent(account);
        return chargedWhenDrained(account);
    }

    private void awaitTheDayIsSpent(UUID account) {
        Caller caller = caller(account, "Daily", 500, 500);
        await().atMost(Duration.ofMinutes(2))
                .until(() -> spendAll(30, i -> i % 3, caller).stream().allMatch(DailyQuotaSpent.class::isInstance));
    }

    private long chargedWhenDrained(UUID account) {
        executors.forEach(executor -> executor.admission().close());
        List<Long> heldAndCharged = counter(account);
        assertThat(heldAndCharged.get(0)).isEqualTo(heldAndCharged.get(1));
        return heldAndCharged.get(1);
    }

    private List<Admission> spendAll(int calls, IntFunction<Integer> executorOfCall, Caller caller) throws Exception {
        return spendAll(calls, executorOfCall, i -> caller);
    }

    private List<Admission> spendAll(int calls, IntFunction<Integer> executorOfCall, IntFunction<Caller> callerOfCall)
            throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(24);
        try {
            List<Callable<Admission>> attempts = IntStream.range(0, calls)
                    .mapToObj(i -> (Callable<Admission>) () -> {
                        int executor = executorOfCall.apply(i);
                        Admission answer = admit(executor, callerOfCall.apply(i));
                        if (answer instanceof Admitted admitted) {
                            executors.get(executor).events().charge(admitted.permit());
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

    private Admission admit(int executor, Caller caller) throws Exception {
        return executors
                .get(executor)
                .admission()
                .admit(caller)
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS);
    }

    private static Permit permit(Admission admission) {
        return ((Admitted) admission).permit();
    }

    private static Caller caller(UUID account, String tier, int perMinute, int perDay) {
        return new Caller(account, Optional.empty(), Set.of(Scope.EXECUTE), tier(tier, perMinute, perDay));
    }

    private static Tier tier(String name, int perMinute, int perDay) {
        return new Tier(name, 1, perMinute, perDay, 128, Duration.ofSeconds(5), 100_000);
    }

    private List<Long> counter(UUID account) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery(COUNTER)
                        .bind("account", account)
                        .bind("tier", "Daily")
                        .map((row, context) -> List.of(row.getLong("held"), row.getLong("charged")))
                        .one());
    }

    private long granted(UUID account, Instant minute) {
        return database.jdbi()
                .withHandle(handle -> handle.createQuery(MINUTES)
                        .bind("account", account)
                        .bind("minute", minute)
                        .mapTo(Long.class)
                        .one());
    }
}

package io.wasmwiz.executor.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.uuid.UUIDType;
import com.fasterxml.uuid.impl.UUIDUtil;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.admission.Admission.Admitted;
import io.wasmwiz.executor.admission.Admission.ConcurrencySpent;
import io.wasmwiz.executor.admission.Admission.DailyQuotaSpent;
import io.wasmwiz.executor.admission.Admission.KeyQuotaSpent;
import io.wasmwiz.executor.admission.Admission.MinuteQuotaSpent;
import io.wasmwiz.executor.admission.Admission.Overloaded;
import io.wasmwiz.executor.admission.Admission.Unavailable;
import io.wasmwiz.executor.admission.Permit.Use;
import io.wasmwiz.executor.admission.QuotaAnswer.LeaseGrant;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.executor.auth.Tier;
import io.wasmwiz.executor.events.ExecutionEvents.Publication;
import io.wasmwiz.executor.events.RecordingExecutionEvents;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeasedAdmissionTest {
    private static final Duration LEASE = Configs.LEASE;
    private static final Duration DELIVERY_TIMEOUT = Duration.ofSeconds(10);
    private static final LocalDate TODAY = LocalDate.parse("2026-05-06");

    private final FakeTime time = new FakeTime("2026-05-06T07:08:09.123456Z");
    private final InMemoryQuotas store = new InMemoryQuotas(time::instant);
    private final RecordingExecutionEvents events = new RecordingExecutionEvents();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final UUID account = UUID.randomUUID();
    private final Caller free = caller(500, 10_000, 10_000);
    private final List<LeasedAdmission> opened = new ArrayList<>();
    private final Queue<Permit> permits = new ConcurrentLinkedQueue<>();

    LeasedAdmissionTest() {
        store.putTier("Free", 500, 10_000, 1);
    }

    @AfterEach
    void close() {
        store.setAway(false);
        store.beforeTake(() -> {});
        events.answer(() -> Publication.DURABLE);
        permits.forEach(permit -> permit.release(Use.RETURNED));
        opened.forEach(LeasedAdmission::close);
    }

    @Test
    void admitsExactlyTheDayUnderManyConcurrentCalls() throws Exception {
        LeasedAdmission admission = open(config());
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Admission>> calls = IntStream.range(0, 2_000)
                    .mapToObj(i -> (Callable<Admission>) () -> {
                        Admission answer = get(admission, free);
                        if (answer instanceof Admitted admitted) {
                            admitted.permit().release(Use.SPENT);
                        }
                        return answer;
                    })
                    .toList();
            List<Admission> answers = new ArrayList<>();
            for (Future<Admission> answer : threads.invokeAll(calls)) {
                answers.add(answer.get());
            }

            assertThat(answers).filteredOn(Admitted.class::isInstance).hasSize(500);
            assertThat(answers).filteredOn(DailyQuotaSpent.class::isInstance).hasSize(1_500);
            assertThat(executionIds(answers)).hasSize(500);
            assertThat(metrics.counter("wasmwiz.admissions", "outcome", "admitted")
                            .count())
                    .isEqualTo(500);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void noLeaseIsOverspentAndEachIsClosedOnceWhateverIsReturnedMeanwhile() throws Exception {
        LeasedAdmission admission = open(config());
        Map<UUID, AtomicInteger> spentByLease = new ConcurrentHashMap<>();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Void>> calls = IntStream.range(0, 3_000)
                    .mapToObj(i -> (Callable<Void>) () -> {
                        if (get(admission, free) instanceof Admitted admitted) {
                            Permit permit = admitted.permit();
                            if (i % 3 == 0) {
                                spentByLease
                                        .computeIfAbsent(permit.leaseId(), id -> new AtomicInteger())
                                        .incrementAndGet();
                            }
                            permit.release(i % 3 == 0 ? Use.SPENT : Use.RETURNED);
                        }
                        return null;
                    })
                    .toList();
            for (Future<Void> call : threads.invokeAll(calls)) {
                call.get();
            }
        } finally {
            threads.shutdownNow();
        }
        admission.close();

        Map<UUID, Long> sizes = new HashMap<>();
        store.leases().forEach(lease -> sizes.put(lease.leaseId(), lease.size()));
        assertThat(events.closed().stream().map(RecordingExecutionEvents.Closed::leaseId))
                .containsExactlyInAnyOrderElementsOf(sizes.keySet());
        spentByLease.forEach((lease, spent) ->
                assertThat(spent.get()).isLessThanOrEqualTo(Math.toIntExact(sizes.getOrDefault(lease, 0L))));
        assertThat(spentByLease.values().stream().mapToInt(AtomicInteger::get).sum())
                .isLessThanOrEqualTo(500);
        assertThat(store.held(account, "Free", TODAY)).isLessThanOrEqualTo(500);
    }

    @Test
    void twoExecutorsThatAreBothBusyShareTheDayToTheLastUnit() {
        LeasedAdmission one = open(config());
        LeasedAdmission other = open(config());

        long admitted = IntStream.range(0, 700)
                .mapToObj(i -> get(i % 2 == 0 ? one : other, free))
                .peek(LeasedAdmissionTest::spend)
                .filter(Admitted.class::isInstance)
                .count();

        assertThat(admitted).isEqualTo(500);
    }

    @Test
    void admitsExactlyTheMinuteAndGivesTheRefusedUnitsBack() {
        store.putTier("Free", 500, 10, 1);
        LeasedAdmission admission = open(config());
        Caller caller = caller(500, 10, 10_000);

        List<Admission> first = admitAndSpend(admission, caller, 25);
        Admission refused = first.get(24);

        assertThat(first).filteredOn(Admitted.class::isInstance).hasSize(10);
        assertThat(refused)
                .isEqualTo(new MinuteQuotaSpent(
                        "Free", 10, 10, Instant.parse("2026-05-06T07:09:00Z"), Duration.parse("PT50.876544S")));

        time.advance(((MinuteQuotaSpent) refused).retryAfter());

        assertThat(admitAndSpend(admission, caller, 25))
                .filteredOn(Admitted.class::isInstance)
                .hasSize(10);
        assertThat(store.held(account, "Free", TODAY)).isLessThanOrEqualTo(20 + 10);
    }

    @Test
    void aKeysLowerMinuteIsItsOwnAndTheAccountsMinuteIsShared() {
        store.putTier("Free", 500, 10, 1);
        LeasedAdmission admission = open(config());
        Caller narrow = caller(500, 3, 10_000);
        Caller wide = caller(500, 10, 10_000);

        assertThat(admitAndSpend(admission, narrow, 5))
                .filteredOn(Admitted.class::isInstance)
                .hasSize(3);
        assertThat(admitAndSpend(admission, wide, 20))
                .filteredOn(Admitted.class::isInstance)
                .hasSize(7);
    }

    @Test
    void aKeysLowerDayBoundsWhatThatKeySpendsAndNoOther() {
        LeasedAdmission admission = open(config());
        Caller narrow = caller(20, 10_000, 10_000);

        assertThat(admitAndSpend(admission, free, 100)).allMatch(Admitted.class::isInstance);
        List<Admission> answers = admitAndSpend(admission, narrow, 25);

        assertThat(answers).filteredOn(Admitted.class::isInstance).hasSize(20);
        assertThat(((Admitted) answers.get(19)).permit().quotaRemaining()).isZero();
        assertThat(answers.get(24))
                .isEqualTo(new KeyQuotaSpent(
                        Admission.Period.DAY,
                        20,
                        20,
                        Instant.parse("2026-05-07T00:00:00Z"),
                        Duration.between(time.instant(), Instant.parse("2026-05-07T00:00:00Z"))));
        assertThat(admitAndSpend(admission, free, 10)).allMatch(Admitted.class::isInstance);
        assertThat(admission.rateLimits(narrow).day().left().orElseThrow().executions())
                .isZero();
    }

    @Test
    void aKeysReturnedUnitsAreItsAgain() {
        LeasedAdmission admission = open(config());
        Caller narrow = caller(20, 10_000, 10_000);

        IntStream.range(0, 50).forEach(i -> permit(get(admission, narrow)).release(Use.RETURNED));

        assertThat(admitAndSpend(admission, narrow, 25))
                .filteredOn(Admitted.class::isInstance)
                .hasSize(20);
    }

    @Test
    void aSpentAccountIsNotLaidToTheKey() {
        LeasedAdmission admission = open(config());
        Caller narrow = caller(20, 10_000, 10_000);
        admitAndSpend(admission, free, 490);

        List<Admission> answers = admitAndSpend(admission, narrow, 15);

        assertThat(answers).filteredOn(Admitted.class::isInstance).hasSize(10);
        assertThat(answers.get(14))
                .isInstanceOfSatisfying(
                        DailyQuotaSpent.class,
                        spent -> assertThat(spent.limit()).isEqualTo(500));
    }

    @Test
    void permitsTellTheirTimeAndTheUnitsThatRemain() {
        LeasedAdmission admission = open(config());
        Permit first = permit(get(admission, free));
        time.advance(Duration.ofNanos(1_234_567_899));
        Permit second = permit(get(admission, free));

        assertThat(first.admittedAt()).isEqualTo(Instant.parse("2026-05-06T07:08:09.123456Z"));
        assertThat(second.admittedAt()).isEqualTo(Instant.parse("2026-05-06T07:08:10.358023Z"));
        assertThat(second.leaseId()).isEqualTo(first.leaseId());
        assertThat(first.quotaRemaining()).isEqualTo(499);
        assertThat(second.quotaRemaining()).isEqualTo(498);
        assertThat(second.executionId().version()).isEqualTo(UUIDType.TIME_BASED_EPOCH.raw());
        assertThat(UUIDUtil.extractTimestamp(second.executionId()))
                .isEqualTo(second.admittedAt().toEpochMilli());
        first.release(Use.SPENT);
        second.release(Use.SPENT);
    }

    @Test
    void returnedUnitsAreUsedAgainWithoutAnotherGrant() {
        LeasedAdmission admission = open(config());

        IntStream.range(0, 100).forEach(i -> permit(get(admission, free)).release(Use.RETURNED));

        assertThat(store.leases()).hasSize(1);
        assertThat(permit(get(admission, free)).quotaRemaining()).isEqualTo(499);
    }

    @Test
    void releasingAPermitAgainDoesNothing() {
        LeasedAdmission admission = open(config());
        Caller one = caller(500, 10_000, 1);
        Permit permit = permit(get(admission, one));

        permit.release(Use.RETURNED);
        permit.release(Use.RETURNED);

        assertThat(permit(get(admission, one)).quotaRemaining()).isEqualTo(499);
        assertThat(get(admission, one)).isInstanceOf(ConcurrencySpent.class);
    }

    @Test
    void refusesMoreThanTheAccountMayRunAtOnceUntilOneEnds() {
        LeasedAdmission admission = open(config());
        Caller two = caller(500, 10_000, 2);
        Permit first = permit(get(admission, two));
        Permit second = permit(get(admission, two));

        assertThat(get(admission, two))
                .isInstanceOfSatisfying(
                        ConcurrencySpent.class,
                        spent -> assertThat(spent.limit()).isEqualTo(2));
        first.release(Use.SPENT);

        Permit third = permit(get(admission, two));
        second.release(Use.SPENT);
        third.release(Use.SPENT);
    }

    @Test
    void refusesMoreThanTheExecutorMayRunAtOnceUntilOneEnds() {
        LeasedAdmission admission = open(config(1, 10));
        Permit only = permit(get(admission, free));

        assertThat(get(admission, free))
                .isInstanceOfSatisfying(
                        Overloaded.class,
                        overloaded -> assertThat(overloaded.limit()).isEqualTo(1));
        only.release(Use.SPENT);

        assertThat(get(admission, free)).isInstanceOf(Admitted.class);
    }

    @Test
    void callsThatWaitForOneGrantAreServedByItAndMoreThanMayWaitAreRefused() throws Exception {
        LeasedAdmission admission = open(config(10_000, 10));
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        store.beforeTake(() -> {
            asked.countDown();
            awaitQuietly(answer);
        });

        CompletableFuture<Admission> first = admission.admit(free).toCompletableFuture();
        asked.await();
        List<CompletableFuture<Admission>> others = Stream.generate(
                        () -> admission.admit(free).toCompletableFuture())
                .limit(9)
                .toList();
        assertThat(admission.admit(free).toCompletableFuture())
                .isCompletedWithValueMatching(Overloaded.class::isInstance);
        answer.countDown();

        permits.add(permit(first.get(10, TimeUnit.SECONDS)));
        for (CompletableFuture<Admission> other : others) {
            permits.add(permit(other.get(10, TimeUnit.SECONDS)));
        }
        assertThat(store.answers()).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void whatIsHeldServesToTheEndOfItsMinuteWhileTheStoreIsAway() {
        LeasedAdmission admission = open(config());
        time.advance(Duration.between(time.instant(), Instant.parse("2026-05-06T07:09:00Z")));
        permit(get(admission, free)).release(Use.SPENT);
        store.setAway(true);
        assertThat(get(admission, caller(UUID.randomUUID(), 500, 10_000, 10))).isInstanceOf(Unavailable.class);

        time.advance(Duration.ofMinutes(1).minusNanos(1));
        permit(get(admission, free)).release(Use.SPENT);
        time.advance(Duration.ofNanos(1));

        assertThat(get(admission, free)).isInstanceOf(Unavailable.class);
        store.setAway(false);
        time.advance(Duration.ofSeconds(1));
        assertThat(get(admission, free)).isInstanceOf(Admitted.class);
    }

    @Test
    void aLeaseInUseIsRenewedAndAnIdleOneIsNot() {
        LeasedAdmission admission = open(config());
        UUID lease = permit(get(admission, free)).leaseId();
        Counter renewals = metrics.counter("wasmwiz.admission.leases.renewed");

        for (int i = 0; i < 12; i++) {
            time.advance(Duration.ofSeconds(55));
            double before = renewals.count();
            Permit permit = permit(get(admission, free));
            assertThat(permit.leaseId()).isEqualTo(lease);
            permit.release(Use.RETURNED);
            if (permit.startByNanos() - time.read() < LEASE.toNanos() / 2) {
                admission.sweep();
                await().until(() -> renewals.count() > before);
            }
        }

        assertThat(renewals.count()).isPositive();
        assertThat(events.closed()).isEmpty();
    }

    @Test
    void noRenewalCrossesTheDay() {
        LeasedAdmission admission = open(config());
        time.advance(Duration.between(time.instant(), Instant.parse("2026-05-06T23:58:00Z")));
        store.beforeTake(() -> time.advance(Duration.ofSeconds(1)));

        Permit permit = permit(get(admission, free));

        assertThat(permit.startByNanos() - time.read())
                .as("to midnight, less what the request took")
                .isEqualTo(Duration.ofSeconds(118).toNanos());
    }

    @Test
    void anAcknowledgementCountsUntilMeteringMayHaveEndedTheLease() {
        LeasedAdmission admission = open(config());
        Permit permit = permit(get(admission, free));
        assertThat(permit.startByNanos() - time.read()).isEqualTo(LEASE.toNanos());

        time.advance(LEASE.plus(free.tier().runTime()).plus(DELIVERY_TIMEOUT).minusNanos(1));
        assertThat(permit.isLeaseOpen()).isTrue();
        time.advance(Duration.ofNanos(1));

        assertThat(permit.isLeaseOpen()).isFalse();
    }

    @Test
    void farFromALimitTheStoreIsAskedAtMostOnceInAHundredAdmissions() {
        store.putTier("Free", 1_000_000, 1_000_000, 1);
        LeasedAdmission admission = open(config());
        Caller busy = caller(1_000_000, 1_000_000, 10_000);

        assertThat(admitAndSpend(admission, busy, 20_000)).allMatch(Admitted.class::isInstance);

        assertThat(store.answers()).hasSizeLessThanOrEqualTo(200);
    }

    @Test
    void tellsTheLimitsAndWhatIsLeftOfThem() {
        LeasedAdmission admission = open(config());
        assertThat(admission.rateLimits(free).day())
                .as("nothing was asked yet")
                .isEqualTo(new RateLimits.Window(500, Optional.empty()));

        admitAndSpend(admission, free, 3);
        RateLimits limits = admission.rateLimits(free);

        assertThat(limits.day())
                .isEqualTo(new RateLimits.Window(
                        500,
                        Optional.of(new RateLimits.Left(
                                497, Duration.between(time.instant(), Instant.parse("2026-05-07T00:00:00Z"))))));
        assertThat(limits.minute())
                .isEqualTo(new RateLimits.Window(
                        10_000, Optional.of(new RateLimits.Left(9_997, Duration.parse("PT50.876544S")))));
        assertThat(admission.unspent(free)).isEqualTo(new QuotaFigures.Unspent(1, 1));
    }

    @Test
    void aLeaseWhoseTimeFellBehindTheStoresIsEnded() {
        AtomicReference<Duration> sleep = new AtomicReference<>(Duration.ZERO);
        InMemoryQuotas awake = new InMemoryQuotas(() -> time.instant().plus(sleep.get()));
        awake.putTier("Free", 500, 10_000, 1);
        LeasedAdmission admission = open(config(), awake);
        Permit before = permit(get(admission, free));
        before.release(Use.SPENT);

        // This machine slept: its monotonic clock stood still.
        sleep.set(Duration.ofMinutes(30));
        time.advance(Duration.ofSeconds(51));
        Permit after = permit(get(admission, free));

        assertThat(after.leaseId()).isNotEqualTo(before.leaseId());
        assertThat(after.admittedAt())
                .isEqualTo(time.instant().plus(sleep.get()).truncatedTo(ChronoUnit.MICROS));
    }

    @Test
    void aGrantThatWasLongUnderWayDoesNotKeepCallsOutOfTheLastSecondsOfAMinute() {
        LeasedAdmission admission = open(config());
        time.advance(Duration.between(time.instant(), Instant.parse("2026-05-06T07:08:44Z")));
        // Reckoned from before the request, the next minute has begun when the answer comes.
        AtomicReference<Duration> underWay = new AtomicReference<>(Duration.ofSeconds(8));
        store.beforeTake(() -> time.advance(underWay.getAndSet(Duration.ZERO)));
        Instant granted = Instant.parse("2026-05-06T07:08:52Z");

        assertThat(permit(get(admission, free)).admittedAt()).isEqualTo(granted);
        assertThat(permit(get(admission, free)).admittedAt()).isEqualTo(granted);
    }

    @Test
    void servesWhatIsLeftOfASpentMinuteAndNamesItToTheRest() throws Exception {
        // A lease has two units and a block of the minute five.
        store.putTier("Free", 100, 100, 1);
        Caller caller = caller(100, 100, 1_000);
        LeasedAdmission here = open(config());
        permit(get(here, caller)).release(Use.SPENT);
        LeasedAdmission elsewhere = open(Configs.executor("elsewhere"));
        while (get(elsewhere, caller) instanceof Admitted admitted) {
            admitted.permit().release(Use.RETURNED);
        }
        assertThat(here.unspent(caller).minute()).isEqualTo(3);
        permit(get(here, caller));
        assertThat(here.unspent(caller)).isEqualTo(new QuotaFigures.Unspent(0, 2));

        // All wait before the store is asked for any of them.
        CountDownLatch allWait = new CountDownLatch(1);
        store.beforeTake(() -> awaitQuietly(allWait));
        for (int thread = 0; thread < config().databaseThreads(); thread++) {
            var unused = here.admit(caller(UUID.randomUUID(), 100, 100, 10));
        }
        List<CompletableFuture<Admission>> waiting = Stream.generate(
                        () -> here.admit(caller).toCompletableFuture())
                .limit(5)
                .toList();
        allWait.countDown();
        List<Admission> answers = waiting.stream()
                .map(answer -> answer.orTimeout(10, TimeUnit.SECONDS).join())
                .toList();

        assertThat(answers).filteredOn(Admitted.class::isInstance).hasSize(2);
        assertThat(answers).filteredOn(MinuteQuotaSpent.class::isInstance).hasSize(3);
    }

    @Test
    void oneFailureOfTheStoreRefusesNobodyElse() {
        LeasedAdmission admission = open(config());
        Caller other = caller(UUID.randomUUID(), 500, 10_000, 10);
        store.setAway(true);
        assertThat(get(admission, free)).isInstanceOf(Unavailable.class);
        store.setAway(false);
        assertThat(get(admission, other)).isInstanceOf(Admitted.class);

        store.setAway(true);
        for (int i = 0; i < 2; i++) {
            assertThat(get(admission, caller(UUID.randomUUID(), 500, 10_000, 10)))
                    .isInstanceOf(Unavailable.class);
        }
        store.setAway(false);
        assertThat(get(admission, caller(UUID.randomUUID(), 500, 10_000, 10)))
                .as("while requests pause")
                .isInstanceOf(Unavailable.class);
    }

    @Test
    void anErrorOfTheStoreKeepsNobodyWaitingAndNoSlot() {
        LeasedAdmission admission = open(config());
        Caller alone = caller(500, 10_000, 1);
        store.beforeTake(() -> {
            throw new LinkageError("boom");
        });

        assertThat(get(admission, alone)).isInstanceOf(Unavailable.class);
        store.beforeTake(() -> {});
        assertThat(get(admission, alone)).isInstanceOf(Admitted.class);
    }

    @Test
    void aRunMayStartUntilTheUseByOfItsLease() {
        LeasedAdmission admission = open(config());
        long requestedAtNanos = time.read();
        store.beforeTake(() -> time.advance(Duration.ofSeconds(2)));

        Permit permit = permit(get(admission, free));

        assertThat(permit.startByNanos()).isEqualTo(requestedAtNanos + LEASE.toNanos());
        permits.add(permit);
    }

    @Test
    void measuresTheUseByFromBeforeTheRequest() {
        LeasedAdmission admission = open(config());
        Duration slowness = Duration.ofSeconds(2);
        store.beforeTake(() -> time.advance(slowness));

        Permit permit = permit(get(admission, free));

        assertThat(permit.admittedAt())
                .as("never before the store's clock")
                .isEqualTo(Instant.parse("2026-05-06T07:08:13.123456Z"));
        permit.release(Use.RETURNED);
        time.advance(LEASE.minus(slowness));
        assertThat(permit(get(admission, free)).leaseId()).isNotEqualTo(permit.leaseId());
    }

    @Test
    void aNewDayHasItsOwnUnitsAndNoPermitCrossesMidnight() {
        LeasedAdmission admission = open(config());
        assertThat(admitAndSpend(admission, free, 501))
                .filteredOn(Admitted.class::isInstance)
                .hasSize(500);
        time.advance(Duration.between(time.instant(), Instant.parse("2026-05-06T23:59:59.900Z")));
        assertThat(get(admission, free)).isInstanceOfSatisfying(DailyQuotaSpent.class, spent -> {
            assertThat(spent.resetsAt()).isEqualTo(Instant.parse("2026-05-07T00:00:00Z"));
            assertThat(spent.retryAfter()).isEqualTo(Duration.ofMillis(100));
            assertThat(spent.held()).isEqualTo(500);
        });
        Caller other = caller(UUID.randomUUID(), 500, 10_000, 10);
        Permit lastOfTheDay = permit(get(admission, other));
        lastOfTheDay.release(Use.RETURNED);

        time.advance(Duration.ofMillis(100));

        Permit firstOfTheNext = permit(get(admission, free));
        assertThat(firstOfTheNext.admittedAt()).isEqualTo(Instant.parse("2026-05-07T00:00:00Z"));
        assertThat(firstOfTheNext.quotaRemaining()).isEqualTo(499);
        assertThat(permit(get(admission, other)).leaseId()).isNotEqualTo(lastOfTheDay.leaseId());
    }

    @Test
    void aUsedUpLeaseIsClosedOnceItsLastPermitIsReleased() {
        LeasedAdmission admission = open(config());
        LeaseGrant lease = firstLease(admission);
        Queue<Permit> all = new ArrayDeque<>();
        while (all.size() < lease.size()) {
            all.add(permit(get(admission, free)));
        }

        while (all.size() > 1) {
            all.remove().release(Use.SPENT);
        }
        assertThat(events.closed()).isEmpty();
        all.remove().release(Use.SPENT);

        assertThat(events.closed()).containsExactly(new RecordingExecutionEvents.Closed(account, lease.leaseId()));
    }

    @Test
    void anIdleLeaseIsClosedAndItsUnitsServeOthers() {
        LeasedAdmission admission = open(config());
        LeaseGrant lease = firstLease(admission);
        Permit running = permit(get(admission, free));
        time.advance(Duration.ofSeconds(61));
        admission.sweep();
        assertThat(events.closed()).as("a run is not idleness").isEmpty();
        running.release(Use.SPENT);

        time.advance(Duration.ofSeconds(59));
        admission.sweep();
        assertThat(events.closed()).isEmpty();
        time.advance(Duration.ofSeconds(1));
        admission.sweep();

        assertThat(events.closed()).containsExactly(new RecordingExecutionEvents.Closed(account, lease.leaseId()));
        store.settle(lease.leaseId(), 1);
        assertThat(store.held(account, "Free", TODAY)).isEqualTo(1);
    }

    @Test
    void aRestartWithDrainLosesNoUnit() {
        LeasedAdmission before = open(config());
        admitAndSpend(before, free, 123);
        before.close();
        assertThat(get(before, free)).isInstanceOf(Unavailable.class);
        settleClosed(123);

        LeasedAdmission after = open(config());

        assertThat(admitAndSpend(after, free, 600))
                .filteredOn(Admitted.class::isInstance)
                .hasSize(500 - 123);
    }

    @Test
    void everyLeaseIsClosedExactlyOnceThoughTheLogRefusesAtFirst() {
        LeasedAdmission admission = open(config());
        AtomicInteger attempts = new AtomicInteger();
        events.answer(() -> switch (attempts.incrementAndGet()) {
            case 1 -> Publication.REFUSED;
            case 2 -> Publication.UNRESOLVED;
            default -> Publication.DURABLE;
        });
        admitAndSpend(admission, free, 1);

        admission.close();

        assertThat(events.closed()).hasSize(1);
        assertThat(attempts).hasValue(3);
    }

    @Test
    void aDrainLetsNobodyWaitForUnitsThatOthersHold() {
        AdmissionConfig patient = Configs.waiting("patient", Duration.ofSeconds(10));
        LeasedAdmission holder = open(config());
        while (store.held(account, "Free", TODAY) < 500) {
            permit(get(holder, free));
        }
        LeasedAdmission waiting = open(patient);
        CompletableFuture<Admission> answer = waiting.admit(free).toCompletableFuture();
        await().until(() -> store.answers().stream().anyMatch(QuotaAnswer::returningSoon));
        assertThat(answer).isNotDone();

        waiting.close();

        assertThat(answer).isCompletedWithValueMatching(Unavailable.class::isInstance);
    }

    @Test
    void aDrainWaitsForPermitsInUse() {
        LeasedAdmission admission = open(config());
        Permit running = permit(get(admission, free));
        CompletableFuture<Void> drain = CompletableFuture.runAsync(admission::close);
        await().until(() -> get(admission, free) instanceof Unavailable);
        assertThat(events.closed()).isEmpty();

        running.release(Use.SPENT);

        drain.join();
        assertThat(events.closed()).hasSize(1);
    }

    @Test
    void aChangedTierTakesANewLease() {
        LeasedAdmission admission = open(config());
        Permit old = permit(get(admission, free));
        old.release(Use.RETURNED);
        store.putTier("Free", 100, 10_000, 2);
        Tier lowered = new Tier("Free", 2, 10_000, 100, 128, Duration.ofSeconds(5), 10);

        Permit changed = permit(
                get(admission, new Caller(account, Optional.of(UUID.randomUUID()), Set.of(Scope.EXECUTE), lowered)));

        assertThat(changed.leaseId()).isNotEqualTo(old.leaseId());
        assertThat(changed.quotaRemaining()).isLessThan(100);
        assertThat(events.closed()).contains(new RecordingExecutionEvents.Closed(account, old.leaseId()));
    }

    @Test
    void forgetsAccountsThatAreIdle() {
        LeasedAdmission admission = open(new AdmissionConfig(
                "test",
                100,
                1,
                256,
                LEASE,
                Duration.ofSeconds(60),
                Duration.ZERO,
                10,
                1_000,
                1,
                10,
                Duration.ofSeconds(5)));
        permit(get(admission, free)).release(Use.RETURNED);
        Caller other = caller(UUID.randomUUID(), 500, 10_000, 10);
        assertThat(get(admission, other)).isInstanceOf(Overloaded.class);

        time.advance(Duration.ofSeconds(60));
        admission.sweep();

        assertThat(get(admission, other)).isInstanceOf(Admitted.class);
    }

    private void settleClosed(long charged) {
        long left = charged;
        for (LeaseGrant lease : store.leases()) {
            assertThat(events.closed()).contains(new RecordingExecutionEvents.Closed(account, lease.leaseId()));
            long used = Math.min(left, lease.size());
            store.settle(lease.leaseId(), used);
            left -= used;
        }
    }

    private LeaseGrant firstLease(LeasedAdmission admission) {
        permit(get(admission, free)).release(Use.RETURNED);
        return store.leases().get(0);
    }

    private LeasedAdmission open(AdmissionConfig config) {
        return open(config, store);
    }

    private LeasedAdmission open(AdmissionConfig config, InMemoryQuotas quotas) {
        LeasedAdmission admission = new LeasedAdmission(
                config,
                quotas.of(config),
                new TimedIds(),
                events,
                DELIVERY_TIMEOUT,
                time,
                opened.isEmpty() ? metrics : new SimpleMeterRegistry());
        opened.add(admission);
        return admission;
    }

    private static AdmissionConfig config() {
        return config(10_000, 10_000);
    }

    private static AdmissionConfig config(int maxInFlight, int maxWaiting) {
        return Configs.with("test", Duration.ZERO, maxInFlight, maxWaiting);
    }

    private Caller caller(int perDay, int perMinute, int concurrency) {
        return caller(account, perDay, perMinute, concurrency);
    }

    private static Caller caller(UUID account, int perDay, int perMinute, int concurrency) {
        Tier tier = new Tier("Free", 1, perMinute, perDay, 128, Duration.ofSeconds(5), concurrency);
        return new Caller(account, Optional.of(UUID.randomUUID()), Set.of(Scope.EXECUTE), tier);
    }

    private List<Admission> admitAndSpend(LeasedAdmission admission, Caller caller, int calls) {
        return IntStream.range(0, calls)
                .mapToObj(i -> get(admission, caller))
                .peek(LeasedAdmissionTest::spend)
                .toList();
    }

    private static void spend(Admission admission) {
        if (admission instanceof Admitted admitted) {
            admitted.permit().release(Use.SPENT);
        }
    }

    private Admission get(LeasedAdmission admission, Caller caller) {
        Admission answer = admission
                .admit(caller)
                .toCompletableFuture()
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
        if (answer instanceof Admitted admitted) {
            permits.add(admitted.permit());
        }
        return answer;
    }

    private static Permit permit(Admission admission) {
        return ((Admitted) admission).permit();
    }

    private static Set<UUID> executionIds(List<Admission> answers) {
        Set<UUID> ids = new HashSet<>();
        for (Admission answer : answers) {
            if (answer instanceof Admitted admitted) {
                ids.add(admitted.permit().executionId());
            }
        }
        return ids;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.wasmwiz.executor.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.executor.admission.QuotaAnswer.DayCount;
import io.wasmwiz.executor.admission.QuotaAnswer.LeaseGrant;
import io.wasmwiz.executor.admission.QuotaRequest.Ask;
import io.wasmwiz.executor.admission.QuotaRequest.KeyAsk;
import io.wasmwiz.executor.admission.QuotaStore.RecalledLease;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What every store of quotas does. Tier Free has 500 a day and 10 a minute, Basic 10,000 and 100, Pro 50,000 and 500. Calls
 * of one test that must fall in one minute name the minute themselves.
 */
abstract class QuotaStoreContract {
    private static final AdmissionConfig ONE = Configs.waiting("executor-1", Duration.ofSeconds(2));
    private static final AdmissionConfig OTHER = Configs.waiting("executor-2", Duration.ofSeconds(2));
    private static final AdmissionConfig IMPATIENT = Configs.waiting("executor-3", Duration.ZERO);

    abstract QuotaStore store(AdmissionConfig config);

    /** A new account on {@code tier}, whose day and minute are untouched. */
    abstract UUID newAccount(String tier);

    /** What metering does when it reads the lease's end. */
    abstract void settle(UUID leaseId, long charged);

    /** The store's clock. */
    abstract Instant now();

    @ParameterizedTest
    @CsvSource({
        // tier, taken, wanted, waiting, size
        "Free, 0, 3, 1, 3",
        "Free, 0, 1000, 1, 10",
        "Free, 0, 4, 37, 37",
        "Free, 459, 64, 1, 10",
        "Free, 460, 64, 1, 1",
        "Free, 460, 64, 7, 7",
        "Free, 497, 64, 7, 3",
        "Basic, 0, 1000, 1, 200",
        "Pro, 0, 1000, 1, 256",
        "Pro, 48976, 256, 2, 2",
    })
    void aLeaseHasWhatIsWantedButLittleNearTheLimit(String tier, long taken, long wanted, long waiting, long size) {
        UUID account = newAccount(tier);
        if (taken > 0) {
            lease(day(account, tier, 1, taken));
        }

        assertThat(lease(day(account, tier, wanted, waiting)).size()).isEqualTo(size);
    }

    @Test
    void tellsTheLeasesTimesAndTheDaysFigures() {
        UUID account = newAccount("Free");
        Instant before = now().truncatedTo(ChronoUnit.MICROS);

        take(day(account, "Free", 5, 1));
        QuotaAnswer answer = take(day(account, "Free", 6, 1));

        assertThat(answer.askedAt()).isBetween(before, now());
        Instant endOfDay = answer.askedAt().truncatedTo(ChronoUnit.DAYS).plus(1, ChronoUnit.DAYS);
        Instant full = answer.askedAt().plus(Configs.LEASE);
        LeaseGrant lease = answer.lease().orElseThrow();
        assertThat(lease.useBy()).isEqualTo(full.isBefore(endOfDay) ? full : endOfDay);
        assertThat(new java.util.Date(lease.leaseId().getMostSignificantBits() >>> 16).toInstant())
                .isEqualTo(answer.askedAt().truncatedTo(ChronoUnit.MILLIS));
        assertThat(lease.leaseId().version()).isEqualTo(7);
        assertThat(answer.dayEnd()).isEqualTo(endOfDay);
        assertThat(answer.day()).contains(new DayCount(0, 11));
        assertThat(answer.tier()).isEqualTo(new QuotaAnswer.TierLimits(500, 10, 1));
        assertThat(answer.spent()).isEmpty();
        assertThat(answer.minuteGranted()).as("left alone").isEmpty();
    }

    @Test
    void neverHoldsMoreThanTheDayAndSaysWhenItEnds() {
        UUID account = newAccount("Free");

        assertThat(lease(day(account, "Free", 4, 499)).size()).isEqualTo(499);
        assertThat(lease(day(account, "Free", 4, 4)).size()).isEqualTo(1);
        QuotaAnswer refused = take(day(account, "Free", 4, 4));

        assertThat(refused.spent()).contains(Dimension.DAY);
        assertThat(refused.lease()).isEmpty();
        assertThat(refused.day()).contains(new DayCount(0, 500));
        assertThat(refused.returningSoon())
                .as("its own leases are not asked back")
                .isFalse();
    }

    @Test
    void takesDayAndMinuteTogetherOrNeither() {
        UUID account = newAccount("Free");
        Instant minute = now().truncatedTo(ChronoUnit.MINUTES);

        QuotaAnswer both = take(both(account, minute, 8));
        QuotaAnswer rest = take(both(account, both.minuteStart(), 5));
        QuotaAnswer none = take(both(account, both.minuteStart(), 1));

        assertThat(both.lease().orElseThrow().size()).isEqualTo(8);
        assertThat(both.minuteUnits()).isEqualTo(8);
        if (rest.minuteStart().equals(both.minuteStart())) {
            assertThat(rest.minuteUnits()).isEqualTo(2);
            assertThat(rest.minuteGranted()).hasValue(10);
        }
        if (none.minuteStart().equals(both.minuteStart())) {
            assertThat(none.spent()).contains(Dimension.MINUTE);
            assertThat(none.lease()).isEmpty();
            assertThat(none.day()).contains(new DayCount(0, 13));
        }
    }

    @Test
    void theMinuteIsTheStoresUnlessTheCallerIsALittleAhead() {
        UUID account = newAccount("Free");

        QuotaAnswer past = take(minute(account, now().minusSeconds(3_600), 1));
        QuotaAnswer unknown =
                take(new QuotaRequest(account, "Free", Ask.NOTHING, Optional.empty(), new Ask(1, 1), Optional.empty()));
        QuotaAnswer farAhead = take(minute(account, now().plusSeconds(600), 1));

        for (QuotaAnswer answer : List.of(past, unknown, farAhead)) {
            assertThat(answer.minuteStart()).isEqualTo(answer.askedAt().truncatedTo(ChronoUnit.MINUTES));
        }
    }

    @Test
    void aKeysOwnLimitsAreTakenWithItsAccounts() {
        UUID account = newAccount("Basic");
        UUID key = UUID.randomUUID();
        Instant minute = now().truncatedTo(ChronoUnit.MINUTES);

        QuotaAnswer first = take(narrow(account, key, minute, 30, 20, 12));
        QuotaAnswer spentDay = take(narrow(account, key, first.minuteStart(), 12, 20, 1));
        QuotaAnswer wide = take(narrow(account, UUID.randomUUID(), first.minuteStart(), 10_000, 100, 1));

        assertThat(first.keyDayUnits()).isEqualTo(12);
        assertThat(first.keyMinuteUnits()).isEqualTo(12);
        assertThat(first.keyDayGranted()).hasValue(12);
        assertThat(spentDay.spent()).contains(Dimension.KEY_DAY);
        assertThat(spentDay.lease()).isEmpty();
        assertThat(wide.spent()).isEmpty();
        assertThat(wide.keyDayGranted()).as("lowers nothing").isEmpty();
        assertThat(wide.day().orElseThrow().held()).isEqualTo(13);
    }

    @Test
    void whatAKeyGivesBackIsThereAgain() {
        UUID account = newAccount("Basic");
        UUID key = UUID.randomUUID();
        Instant minute = now().truncatedTo(ChronoUnit.MINUTES);
        QuotaAnswer all = take(narrow(account, key, minute, 10, 100, 10));

        store(ONE).giveBack(key, all.dayEnd().minus(1, ChronoUnit.DAYS), 4);

        assertThat(take(narrow(account, key, minute, 10, 100, 9)).keyDayUnits()).isEqualTo(4);
    }

    @Test
    void asksOthersForTheirUnitsWhenTheDayIsSpentAndSaysSoForAWhile() {
        UUID account = newAccount("Free");
        LeaseGrant held = lease(day(account, "Free", 4, 500));
        assertThat(store(ONE).recalled()).isEmpty();

        QuotaAnswer refused = store(OTHER).take(day(account, "Free", 4, 1));

        assertThat(refused.spent()).contains(Dimension.DAY);
        assertThat(refused.returningSoon()).isTrue();
        assertThat(store(ONE).recalled()).containsExactly(new RecalledLease(held.leaseId(), account, "Free"));
        assertThat(store(OTHER).recalled()).isEmpty();
        assertThat(store(IMPATIENT).take(day(account, "Free", 4, 1)).returningSoon())
                .isFalse();

        settle(held.leaseId(), 200);

        assertThat(store(ONE).recalled()).isEmpty();
        QuotaAnswer again = store(OTHER).take(day(account, "Free", 4, 400));
        assertThat(again.lease().orElseThrow().size()).isEqualTo(300);
        assertThat(again.day()).contains(new DayCount(200, 500));
    }

    @Test
    void renewsLeasesThatAreOpenAndNotAskedFor() {
        UUID account = newAccount("Free");
        UUID open = lease(day(account, "Free", 10, 1)).leaseId();
        UUID closed = lease(day(account, "Free", 10, 1)).leaseId();
        settle(closed, 0);
        UUID spentAccount = newAccount("Free");
        UUID recalled = lease(day(spentAccount, "Free", 1, 500)).leaseId();
        store(OTHER).take(day(spentAccount, "Free", 1, 1));

        assertThat(store(ONE).renew(List.of(open, closed, recalled, UUID.randomUUID())))
                .containsOnlyKeys(open)
                .allSatisfy((id, usable) -> assertThat(usable).isPositive().isLessThanOrEqualTo(Configs.LEASE));
    }

    @Test
    void refusesATierThatDoesNotExist() {
        UUID account = newAccount("Free");

        assertThatThrownBy(() -> take(day(account, "None", 1, 1))).hasMessageContaining("there is no tier None");
    }

    @Test
    void grantsExactlyTheDayToManyAtOnce() throws Exception {
        UUID account = newAccount("Free");
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Long>> requests = IntStream.range(0, 200)
                    .mapToObj(i -> (Callable<Long>) () -> take(day(account, "Free", 10, 3))
                            .lease()
                            .map(LeaseGrant::size)
                            .orElse(0L))
                    .toList();
            long total = 0;
            for (Future<Long> size : threads.invokeAll(requests)) {
                total += size.get();
            }

            assertThat(total).isEqualTo(500);
        } finally {
            threads.shutdownNow();
        }
    }

    private QuotaAnswer take(QuotaRequest request) {
        return store(ONE).take(request);
    }

    private LeaseGrant lease(QuotaRequest request) {
        return take(request).lease().orElseThrow();
    }

    static QuotaRequest day(UUID account, String tier, long wanted, long waiting) {
        return new QuotaRequest(
                account, tier, new Ask(wanted, waiting), Optional.empty(), Ask.NOTHING, Optional.empty());
    }

    private static QuotaRequest minute(UUID account, Instant minute, long waiting) {
        return new QuotaRequest(
                account,
                "Free",
                Ask.NOTHING,
                Optional.of(minute.truncatedTo(ChronoUnit.MINUTES)),
                new Ask(waiting, waiting),
                Optional.empty());
    }

    private static QuotaRequest both(UUID account, Instant minute, long waiting) {
        Ask ask = new Ask(waiting, waiting);
        return new QuotaRequest(account, "Free", ask, Optional.of(minute), ask, Optional.empty());
    }

    private static QuotaRequest narrow(
            UUID account, UUID key, Instant minute, long dayLimit, long minuteLimit, long waiting) {
        Ask ask = new Ask(waiting, waiting);
        return new QuotaRequest(
                account,
                "Basic",
                ask,
                Optional.of(minute),
                ask,
                Optional.of(new KeyAsk(key, dayLimit, ask, minuteLimit, ask)));
    }
}

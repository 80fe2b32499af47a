package io.wasmwiz.executor.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.wasmwiz.executor.admission.LeaseGrant.Granted;
import io.wasmwiz.executor.admission.LeaseGrant.Spent;
import io.wasmwiz.executor.admission.QuotaLeases.LeaseRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every store of leases does. Tier Free has 500 a day and 10 a minute, Basic 10,000 and 100. */
abstract class QuotaLeasesContract {
    static final Duration LEASE_DURATION = Duration.ofMinutes(5);
    static final int MAX_LEASE_SIZE = 256;
    private static final long NO_CEILING = Long.MAX_VALUE;

    abstract QuotaLeases store();

    /** A new account on {@code tier}, whose day is untouched. */
    abstract UUID newAccount(String tier);

    /** The store's clock. */
    abstract Instant now();

    @Test
    void grantsWhatIsWantedUpToAFiftiethOfTheDay() {
        UUID account = newAccount("Free");

        assertThat(granted(account, "Free", 3, 1).size()).isEqualTo(3);
        assertThat(granted(account, "Free", 1_000, 1).size()).isEqualTo(10);
        assertThat(granted(newAccount("Basic"), "Basic", 1_000, 1).size()).isEqualTo(200);
    }

    @Test
    void grantsAtLeastWhatWaits() {
        assertThat(granted(newAccount("Free"), "Free", 4, 37).size()).isEqualTo(37);
    }

    @Test
    void tellsTheLeasesTimesAndTheDaysFigures() {
        UUID account = newAccount("Free");
        Instant before = now().truncatedTo(ChronoUnit.MICROS);

        granted(account, "Free", 5, 1);
        Granted lease = granted(account, "Free", 6, 1);

        assertThat(lease.grantedAt()).isBetween(before, now());
        Instant endOfDay = lease.grantedAt().truncatedTo(ChronoUnit.DAYS).plus(1, ChronoUnit.DAYS);
        Instant full = lease.grantedAt().plus(LEASE_DURATION);
        assertThat(lease.useBy()).isEqualTo(full.isBefore(endOfDay) ? full : endOfDay);
        assertThat(lease.allowance().limit()).isEqualTo(500);
        assertThat(lease.allowance().held()).isEqualTo(11);
        assertThat(lease.allowance().charged()).isZero();
        assertThat(lease.allowance().executionsPerMinute()).isEqualTo(10);
        assertThat(lease.allowance().tierVersion()).isEqualTo(1);
    }

    @Test
    void neverHoldsMoreThanTheDay() {
        UUID account = newAccount("Free");

        assertThat(granted(account, "Free", 4, 499).size()).isEqualTo(499);
        assertThat(granted(account, "Free", 4, 4).size()).isEqualTo(1);
        LeaseGrant refused = store().grant(new LeaseRequest(account, "Free", NO_CEILING, 4, 4));

        assertThat(refused).isInstanceOfSatisfying(Spent.class, spent -> {
            assertThat(spent.allowance().held()).isEqualTo(500);
            assertThat(spent.allowance().limit()).isEqualTo(500);
            assertThat(spent.resetsAt())
                    .isEqualTo(spent.askedAt().truncatedTo(ChronoUnit.DAYS).plus(1, ChronoUnit.DAYS));
        });
    }

    @Test
    void grantsNoMoreThanWaitsNearTheLimit() {
        UUID account = newAccount("Free");
        granted(account, "Free", 4, 460);

        assertThat(granted(account, "Free", 10, 1).size()).isEqualTo(1);
        assertThat(granted(account, "Free", 10, 3).size()).isEqualTo(3);
    }

    @Test
    void stopsAtALowerCeiling() {
        UUID account = newAccount("Free");

        assertThat(store().grant(new LeaseRequest(account, "Free", 7, 4, 20)))
                .isInstanceOfSatisfying(
                        Granted.class, lease -> assertThat(lease.size()).isEqualTo(7));
        assertThat(store().grant(new LeaseRequest(account, "Free", 7, 4, 1))).isInstanceOf(Spent.class);
        assertThat(granted(account, "Free", 4, 1).size()).isEqualTo(4);
    }

    @Test
    void refusesATierThatDoesNotExist() {
        UUID account = newAccount("Free");

        assertThatThrownBy(() -> store().grant(new LeaseRequest(account, "None", NO_CEILING, 1, 1)))
                .hasMessageContaining("there is no tier None");
    }

    @Test
    void grantsExactlyTheDayToManyAtOnce() throws Exception {
        UUID account = newAccount("Free");
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Long>> requests = IntStream.range(0, 200)
                    .mapToObj(i -> (Callable<Long>) () ->
                            store().grant(new LeaseRequest(account, "Free", NO_CEILING, 10, 3)) instanceof Granted lease
                                    ? lease.size()
                                    : 0L)
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

    private Granted granted(UUID account, String tier, long wanted, long waiting) {
        return (Granted) store().grant(new LeaseRequest(account, tier, NO_CEILING, wanted, waiting));
    }
}

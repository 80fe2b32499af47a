package io.wasmwiz.executor.execution;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.UUID;

/**
 * Decides which crashed runs are charged: an account's first ones of a UTC day are our loss, those after it are not, or
 * crashing would be free compute. The count is this executor's own, and so is a new one after a restart. Thread-safe.
 */
final class CrashAllowance {
    /** Accounts and days that are remembered; one that is forgotten begins anew. */
    private static final long MAX_COUNTS = 100_000;

    private record AccountDay(UUID accountId, LocalDate day) {}

    private final Cache<AccountDay, Integer> crashes = Caffeine.newBuilder()
            .maximumSize(MAX_COUNTS)
            .executor(Runnable::run)
            .build();
    private final int freePerDay;
    private final Counter free;
    private final Counter charged;

    /**
     * Makes an allowance that nobody used yet.
     *
     * @param freePerDay crashed runs of an account and day that are not charged, at least 0
     */
    CrashAllowance(int freePerDay, MeterRegistry metrics) {
        this.freePerDay = freePerDay;
        this.free = counter(metrics, "false");
        this.charged = counter(metrics, "true");
    }

    /** Counts a crash and says whether it is charged; {@code admittedAt} is by the clock of the lease that pays. */
    boolean charges(UUID accountId, Instant admittedAt) {
        AccountDay key = new AccountDay(accountId, LocalDate.ofInstant(admittedAt, ZoneOffset.UTC));
        int count = crashes.asMap().merge(key, 1, Integer::sum);
        boolean charges = count > freePerDay;
        (charges ? charged : free).increment();
        return charges;
    }

    private static Counter counter(MeterRegistry metrics, String charged) {
        return Counter.builder("wasmwiz.executions.crashed")
                .description("Runs whose sandbox died under them")
                .tag("charged", charged)
                .register(metrics);
    }
}

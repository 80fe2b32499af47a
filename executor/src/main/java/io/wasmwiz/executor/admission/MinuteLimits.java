package io.wasmwiz.executor.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Ticker;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.auth.Caller;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Executions per UTC minute of their admission: one limiter per (account, tier, minute), and one more per (key, minute)
 * for a key that lowers its tier's limit. Windows are aligned, so any 60 s may see up to twice the limit; each executor
 * counts for itself. A tier's changed limit counts from the next minute.
 *
 * <p>A limiter's own cycle is a day, far longer than it is kept, so it never refills: the next minute is another limiter.
 * Thread-safe; never blocks.
 */
final class MinuteLimits {
    private static final Duration KEPT = Duration.ofMinutes(2);
    private static final Duration NEVER_REFILLED = Duration.ofDays(1);

    /** {@code tier} is empty for the limiter of a key. */
    private record Window(UUID id, String tier, long minute) {}

    private final Cache<Window, RateLimiter> limiters;

    MinuteLimits(int maximumLimiters, Ticker ticker, MeterRegistry metrics) {
        Counter forgotten = Counter.builder("wasmwiz.admission.minutes.forgotten")
                .description("Minutes dropped for want of room: their accounts may start up to twice their limit")
                .register(metrics);
        limiters = Caffeine.newBuilder()
                .maximumSize(maximumLimiters)
                .expireAfterWrite(KEPT)
                .ticker(ticker)
                .executor(Runnable::run)
                .evictionListener((@Nullable Window window, @Nullable RateLimiter limiter, RemovalCause cause) -> {
                    if (cause == RemovalCause.SIZE) {
                        forgotten.increment();
                    }
                })
                .build();
    }

    /**
     * Takes one execution of the minute, for ever.
     *
     * @param accountLimit the tier's executions per minute, before the key lowered it
     * @return false when the minute is spent
     */
    boolean tryAcquire(Caller caller, int accountLimit, Instant admittedAt) {
        long minute = Math.floorDiv(admittedAt.getEpochSecond(), 60L);
        int callerLimit = caller.tier().executionsPerMinute();
        // The key first: when the account's minute is spent, what the key lost of its own is of no use to it anyway.
        if (callerLimit < accountLimit
                && caller.apiKeyId().isPresent()
                && !limiter(new Window(caller.apiKeyId().get(), "", minute), callerLimit)
                        .acquirePermission()) {
            return false;
        }
        return limiter(new Window(caller.accountId(), caller.tier().name(), minute), accountLimit)
                .acquirePermission();
    }

    /** From {@code admittedAt} to the next minute. */
    static Duration untilNextMinute(Instant admittedAt) {
        long nextMinute = Math.floorDiv(admittedAt.getEpochSecond(), 60L) + 1;
        return Duration.between(admittedAt, Instant.ofEpochSecond(nextMinute * 60L));
    }

    private RateLimiter limiter(Window window, int limit) {
        return limiters.get(window, w -> RateLimiter.of("minute", configuration(limit)));
    }

    private static RateLimiterConfig configuration(int limit) {
        return RateLimiterConfig.custom()
                .limitForPeriod(limit)
                .limitRefreshPeriod(NEVER_REFILLED)
                .timeoutDuration(Duration.ZERO)
                .build();
    }
}

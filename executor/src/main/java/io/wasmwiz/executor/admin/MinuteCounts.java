package io.wasmwiz.executor.admin;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How often something may happen within a UTC minute, by whom: one limiter for each (who, minute), remembered for 10,000
 * of them. Each executor counts for itself. Thread-safe; never blocks.
 */
final class MinuteCounts {
    private static final int REMEMBERED = 10_000;
    private static final Duration KEPT = Duration.ofMinutes(2);
    private static final Duration NEVER_REFILLED = Duration.ofDays(1);

    private record Window(String who, long minute) {}

    private final int limit;
    private final Clock clock;
    private final RateLimiterConfig configuration;
    private final Cache<Window, RateLimiter> limiters = Caffeine.newBuilder()
            .maximumSize(REMEMBERED)
            .expireAfterWrite(KEPT)
            .executor(Runnable::run)
            .build();

    MinuteCounts(int limit, Clock clock) {
        this.limit = limit;
        this.clock = clock;
        this.configuration = RateLimiterConfig.custom()
                .limitForPeriod(limit)
                .limitRefreshPeriod(NEVER_REFILLED)
                .timeoutDuration(Duration.ZERO)
                .build();
    }

    int limit() {
        return limit;
    }

    /** Counts one; the time until the next minute where this one is spent. */
    Optional<Duration> take(String who) {
        Instant now = clock.instant();
        long minute = Math.floorDiv(now.getEpochSecond(), 60L);
        boolean taken = limiters.get(new Window(who, minute), window -> RateLimiter.of("minute", configuration))
                .acquirePermission();
        return taken ? Optional.empty() : Optional.of(Duration.between(now, Instant.ofEpochSecond((minute + 1) * 60L)));
    }
}

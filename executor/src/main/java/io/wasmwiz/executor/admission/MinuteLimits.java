package io.wasmwiz.executor.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Ticker;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Units of UTC minutes that this executor was granted: one limiter per (account, tier, minute), and one per (key, minute)
 * for a key that lowers its tier's limit. What is not used is lost with the minute; so is what is dropped for want of
 * room, and more has to be asked for.
 *
 * <p>A limiter's own cycle is a day, far longer than it is kept, so it never refills: the next minute is another limiter.
 * Thread-safe; never blocks. {@link #add} and {@link #tryAcquire} of one minute are called under the lock of its {@link
 * AccountQuota}.
 */
final class MinuteLimits {
    private static final Duration KEPT = Duration.ofMinutes(2);
    private static final Duration NEVER_REFILLED = Duration.ofDays(1);

    /** {@code tier} is empty for the limiter of a key. */
    private record Window(UUID id, String tier, long epochSecond) {}

    private final Cache<Window, RateLimiter> limiters;

    MinuteLimits(int maximumLimiters, Ticker ticker, MeterRegistry metrics) {
        Counter forgotten = Counter.builder("wasmwiz.admission.minutes.forgotten")
                .description("Minutes dropped for want of room: what was granted of them is lost")
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

    /** Units of a minute that are left here. */
    long available(UUID id, String tier, Instant minuteStart) {
        @Nullable RateLimiter limiter = limiters.getIfPresent(window(id, tier, minuteStart));
        return limiter == null ? 0 : limiter.getMetrics().getAvailablePermissions();
    }

    /** Takes one unit of a minute, for ever. */
    boolean tryAcquire(UUID id, String tier, Instant minuteStart) {
        @Nullable RateLimiter limiter = limiters.getIfPresent(window(id, tier, minuteStart));
        return limiter != null && limiter.acquirePermission();
    }

    /** Adds granted units to a minute. */
    void add(UUID id, String tier, Instant minuteStart, long units) {
        // A limiter's running cycle cannot be widened: what is left moves to a new one.
        long all = units + available(id, tier, minuteStart);
        limiters.put(window(id, tier, minuteStart), RateLimiter.of("minute", limit(all)));
    }

    private static Window window(UUID id, String tier, Instant minuteStart) {
        return new Window(id, tier, minuteStart.getEpochSecond());
    }

    private static RateLimiterConfig limit(long units) {
        return RateLimiterConfig.custom()
                .limitForPeriod(Math.toIntExact(units))
                .limitRefreshPeriod(NEVER_REFILLED)
                .timeoutDuration(Duration.ZERO)
                .build();
    }
}

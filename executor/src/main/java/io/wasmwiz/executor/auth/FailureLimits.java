package io.wasmwiz.executor.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * How often each network may fail to authenticate: so many times at once, and as many a minute in the long run. Remembers
 * a bounded number of networks; one that is forgotten begins anew. Thread-safe.
 */
final class FailureLimits {
    private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final long intervalNanos;
    private final Ticker ticker;
    /** When a network has its whole allowance again; every failure puts that off by one interval. */
    private final Cache<PeerNetwork, Long> restoredAtNanos;

    FailureLimits(int perMinute, int maxNetworks, Ticker ticker) {
        this.intervalNanos = MINUTE_NANOS / perMinute;
        this.ticker = ticker;
        this.restoredAtNanos = Caffeine.newBuilder()
                .maximumSize(maxNetworks)
                .expireAfterWrite(Duration.ofMinutes(1))
                .ticker(ticker)
                .executor(Runnable::run)
                .build();
    }

    /** Takes one failure from {@code network}'s allowance; when there is none left, the wait until there is. */
    Optional<Duration> take(PeerNetwork network) {
        long nowNanos = ticker.read();
        long[] waitNanos = {0};
        restoredAtNanos.asMap().compute(network, (key, restoredAt) -> {
            long base = restoredAt == null || restoredAt - nowNanos < 0 ? nowNanos : restoredAt;
            long excess = base + intervalNanos - nowNanos - MINUTE_NANOS;
            if (excess > 0) {
                waitNanos[0] = excess;
                return restoredAt;
            }
            return base + intervalNanos;
        });
        return waitNanos[0] > 0 ? Optional.of(Duration.ofNanos(waitNanos[0])) : Optional.empty();
    }

    /** Gives back what {@link #take} took for an attempt that did not fail. */
    void giveBack(PeerNetwork network) {
        restoredAtNanos.asMap().computeIfPresent(network, (key, restoredAt) -> restoredAt - intervalNanos);
    }

    /** Networks remembered, more or less. */
    double networks() {
        return restoredAtNanos.estimatedSize();
    }
}

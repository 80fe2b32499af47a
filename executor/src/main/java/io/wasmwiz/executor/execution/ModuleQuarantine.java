package io.wasmwiz.executor.execution;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.refusal.Refusal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps modules that crash sandboxes again and again from being run for a while. Knows a module by its account, so nobody
 * is kept from a module because of what it did to another. What it knows is this executor's own, and gone with it.
 * Thread-safe.
 */
final class ModuleQuarantine {
    private static final Logger log = LoggerFactory.getLogger(ModuleQuarantine.class);

    /** Modules with crashes that are remembered; one that is forgotten begins anew. */
    private static final long MAX_MODULES = 10_000;

    private record Key(UUID accountId, ModuleDigest digest) {}

    /** Recent crashes, or none and the end of the quarantine that they led to. */
    private record Crashes(List<Long> recentNanos, Optional<Long> untilNanos) {}

    private final Cache<Key, Crashes> modules;
    private final CrashConfig config;
    private final Ticker ticker;
    private final Counter begun;
    private final Counter refusals;

    /**
     * Makes a quarantine without modules.
     *
     * @param config checked by the caller
     */
    ModuleQuarantine(CrashConfig config, Ticker ticker, MeterRegistry metrics) {
        this.config = config;
        this.ticker = ticker;
        Duration longest = config.quarantineTime().compareTo(config.quarantineWindow()) > 0
                ? config.quarantineTime()
                : config.quarantineWindow();
        this.modules = Caffeine.newBuilder()
                .maximumSize(MAX_MODULES)
                .expireAfterWrite(longest)
                .ticker(ticker)
                .executor(Runnable::run)
                .build();
        this.begun = Counter.builder("wasmwiz.quarantine.begun")
                .description("Modules put under quarantine")
                .register(metrics);
        this.refusals = Counter.builder("wasmwiz.quarantine.refusals")
                .description("Runs refused because of their module's quarantine")
                .register(metrics);
        Gauge.builder("wasmwiz.quarantine.modules", this, ModuleQuarantine::size)
                .description("Modules under quarantine")
                .register(metrics);
    }

    /** Counts a crash. */
    void crashed(UUID accountId, ModuleDigest digest) {
        long now = ticker.read();
        modules.asMap().compute(new Key(accountId, digest), (key, before) -> {
            if (before != null && isUnder(before, now)) {
                return before;
            }
            List<Long> recent = Stream.concat(
                            before == null ? Stream.of() : before.recentNanos().stream(), Stream.of(now))
                    .filter(at -> now - at < config.quarantineWindow().toNanos())
                    .toList();
            if (recent.size() < config.quarantineAfter()) {
                return new Crashes(recent, Optional.empty());
            }
            begun.increment();
            log.atWarn()
                    .addKeyValue("account", accountId)
                    .addKeyValue("module", digest)
                    .addKeyValue("crashes", recent.size())
                    .addKeyValue("quarantine", config.quarantineTime())
                    .log("module is under quarantine");
            return new Crashes(
                    List.of(), Optional.of(now + config.quarantineTime().toNanos()));
        });
    }

    /** Whether the module may run. */
    boolean allows(UUID accountId, ModuleDigest digest) {
        Crashes crashes = modules.getIfPresent(new Key(accountId, digest));
        return crashes == null || !isUnder(crashes, ticker.read());
    }

    /** The refusal of a run while the module may not run. */
    Optional<Refusal> refusal(UUID accountId, ModuleDigest digest) {
        long now = ticker.read();
        Crashes crashes = modules.getIfPresent(new Key(accountId, digest));
        if (crashes == null || !isUnder(crashes, now)) {
            return Optional.empty();
        }
        refusals.increment();
        long leftNanos = crashes.untilNanos().orElse(now) - now;
        return Optional.of(new Refusal.ModuleQuarantined(
                digest.toString(), config.quarantineAfter(), Duration.ofNanos(leftNanos)));
    }

    private static boolean isUnder(Crashes crashes, long now) {
        return crashes.untilNanos().isPresent() && crashes.untilNanos().get() - now > 0;
    }

    private double size() {
        long now = ticker.read();
        return modules.asMap().values().stream()
                .filter(crashes -> isUnder(crashes, now))
                .count();
    }
}

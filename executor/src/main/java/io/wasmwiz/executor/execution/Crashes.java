package io.wasmwiz.executor.execution;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.MeterRegistry;

/** What an executor remembers of sandboxes that died under their guests. Thread-safe. */
public final class Crashes {
    private final CrashAllowance allowance;
    private final ModuleQuarantine quarantine;

    /** None yet; {@code config} is checked by the caller. */
    public Crashes(CrashConfig config, Ticker ticker, MeterRegistry metrics) {
        this.allowance = new CrashAllowance(config.freePerDay(), metrics);
        this.quarantine = new ModuleQuarantine(config, ticker, metrics);
    }

    CrashAllowance allowance() {
        return allowance;
    }

    ModuleQuarantine quarantine() {
        return quarantine;
    }
}

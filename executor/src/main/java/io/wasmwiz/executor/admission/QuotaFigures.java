package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.auth.Caller;

/** What this executor knows of callers' allowances without asking anybody. Thread-safe; never blocks. */
public interface QuotaFigures {
    /** The caller's limits. */
    RateLimits rateLimits(Caller caller);

    /** Units that this executor took for the caller's account and has not used. */
    Unspent unspent(Caller caller);

    /** Units of the day and of the minute. */
    record Unspent(long day, long minute) {
        static final Unspent NOTHING = new Unspent(0, 0);
    }
}

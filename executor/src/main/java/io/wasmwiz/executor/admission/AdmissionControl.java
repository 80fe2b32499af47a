package io.wasmwiz.executor.admission;

import io.wasmwiz.executor.auth.Caller;
import java.util.concurrent.CompletionStage;

/**
 * Decides whether a call may run, and hands out the permit that pays for it. Asks what can be given back first
 * (concurrency, the daily unit) and takes the minute's permit, which cannot, last. Thread-safe; never blocks.
 */
public interface AdmissionControl {
    /** Completes normally, at once while this executor has units of the account's day and minute. */
    CompletionStage<Admission> admit(Caller caller);
}

package io.wasmwiz.executor.sandbox;

import java.util.concurrent.CompletionStage;

/** A run that was handed to the sandbox. Thread-safe. */
public interface SandboxRun {
    /**
     * Completes normally once the run ended or was refused, on a sandbox thread that must not be blocked; never
     * exceptionally for what the guest does.
     */
    CompletionStage<RunResult> result();

    /**
     * Stops the run wherever it is: still queued, computing or sleeping. A queued run ends as
     * {@link RunResult.Refused} with {@code CANCELLED}, a started one as {@link RunResult.End.Cancelled} with the output
     * so far. Does nothing when the run ended already.
     */
    void cancel();
}

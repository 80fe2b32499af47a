package io.wasmwiz.executor.sandbox;

import java.util.concurrent.CompletionStage;

/**
 * Compiles and runs modules that passed {@code ModulePolicy}. Nothing a guest does reaches the host, another run or the
 * caller, except through {@link RunResult}.
 *
 * <p>Thread-safe; no method blocks. Its opener closes it; closing stops the runs in progress, which end as
 * {@link RunResult.End.Cancelled}, and refuses new ones as {@link RunResult.Refused} with {@code CLOSED}.
 */
public interface SandboxRuntime extends AutoCloseable {
    /**
     * Makes a module ready, so that a later run finds it compiled.
     *
     * @return completes normally with what came of it; never exceptionally for what the module does
     */
    CompletionStage<Compilation> compile(ModuleCode module);

    /**
     * Runs a module once: queues, starts it within its limits and collects what it left.
     *
     * @return the run, which may be cancelled at any time
     */
    SandboxRun run(RunRequest request);

    @Override
    void close();
}

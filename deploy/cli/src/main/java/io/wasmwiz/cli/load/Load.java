package io.wasmwiz.cli.load;

import java.time.Duration;

/** One way to load a server. */
@FunctionalInterface
interface Load {
    /**
     * Runs one phase on the calling thread and waits for what it began to end.
     *
     * @return from the first call's due time to the last call's end
     */
    Duration run(LoadPlan plan, Tally tally) throws InterruptedException;
}

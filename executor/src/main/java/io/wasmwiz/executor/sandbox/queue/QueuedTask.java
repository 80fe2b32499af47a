package io.wasmwiz.executor.sandbox.queue;

import java.util.UUID;

/** Work that can wait in a {@link FairQueue}. Equal only to itself; what the methods answer never changes. */
public interface QueuedTask {
    /** Whose turn it takes. */
    UUID accountId();

    /** It starts only while its account has fewer tasks in progress than this; at least 1. */
    int accountConcurrency();

    /** The {@link System#nanoTime} from which on it must not start. */
    long startByNanos();
}

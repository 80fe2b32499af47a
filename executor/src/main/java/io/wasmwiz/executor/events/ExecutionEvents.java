package io.wasmwiz.executor.events;

import java.util.UUID;
import java.util.concurrent.CompletionStage;

/** The log of executions. Thread-safe; no method blocks; its opener closes it. */
public interface ExecutionEvents extends AutoCloseable {
    /**
     * Whether an event published now can be expected to become durable. While it cannot, no run may start.
     */
    boolean isAccepting();

    /** Publishes one execution. Completes normally, on a thread that must not be blocked. */
    CompletionStage<Publication> publish(ExecutionRecord execution);

    /** Publishes the end of a lease, after its last execution was resolved. Completes as {@link #publish} does. */
    CompletionStage<Publication> closeLease(UUID accountId, UUID leaseId);

    /** What became of a record. */
    enum Publication {
        /** All in-sync replicas have it. */
        DURABLE,
        /** Not sent, and it never will be. */
        REFUSED,
        /** Sent, and no answer came in time: it may be in the log, now or later. */
        UNRESOLVED
    }

    /** Waits for what is in flight, at most the delivery time-out. */
    @Override
    void close();
}

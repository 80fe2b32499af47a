package io.wasmwiz.executor.events;

import io.wasmwiz.executor.events.ExecutionEvents.Publication;

/**
 * After a record's outcome was left unknown, lets runs start only while no record is in flight, until one is acknowledged.
 * Without it, a log that takes no writes for a reason the probe cannot see would look well each time its in-flight records
 * have run into the delivery time-out, and whatever starts in that moment would end unknown as well. So at most the runs
 * that one executor has in progress at once do. Thread-safe.
 */
final class RecoveryGate {
    private volatile boolean doubtful;

    /** Whether a run may start with so many records in flight. */
    boolean isOpen(int inFlight) {
        return !doubtful || inFlight == 0;
    }

    void completed(Publication publication) {
        switch (publication) {
            case DURABLE -> doubtful = false;
            case UNRESOLVED -> doubtful = true;
            case REFUSED -> {}
        }
    }
}

package io.wasmwiz.executor.admission;

import java.time.Instant;
import java.util.UUID;

/** The right to run once, paid with one unit of a daily lease. Thread-safe. */
public interface Permit {
    /** UUIDv7 whose time is {@link #admittedAt}, so that the day inside it is the lease's. */
    UUID executionId();

    /** The lease's grant time by the database's clock plus monotonic elapsed time, in whole microseconds. */
    Instant admittedAt();

    /** The lease that pays. */
    UUID leaseId();

    /** Units left to the account after this one, as far as this executor knows. */
    long quotaRemaining();

    /**
     * Reading of {@link System#nanoTime} from which on the run may not start any more: the lease's use-by, measured from
     * before the lease was requested. Later when the lease was renewed since. A run that has not started by then gives
     * the permit back and is refused.
     */
    long startByNanos();

    /**
     * Whether nobody can have closed the lease yet. An event that is found durable while this holds stands before the
     * lease's close in the log, so what it says is charged; one found durable later may be late.
     */
    boolean isLeaseOpen();

    /** Ends the permit; later calls do nothing. */
    void release(Use use);

    /** What became of the unit. */
    enum Use {
        /** An event that asks to charge it is in the log, or may be. */
        SPENT,
        /** Nothing ran, or what ran is not charged and its event is resolved: the unit goes back to the lease. */
        RETURNED
    }
}

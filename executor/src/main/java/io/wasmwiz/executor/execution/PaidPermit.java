package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.admission.Permit;
import io.wasmwiz.executor.claims.Claim;
import java.time.Instant;
import java.util.UUID;

/**
 * The right to run again what is charged already: no unit is behind it, none goes back, and its time never passes. Its
 * event names the lease and the time of admission of the charged row. Immutable.
 */
record PaidPermit(UUID executionId, Claim.Payment payment) implements Permit {
    private static final long FAR_NANOS = Long.MAX_VALUE / 4;

    @Override
    public Instant admittedAt() {
        return payment.admittedAt();
    }

    @Override
    public UUID leaseId() {
        return payment.leaseId();
    }

    /** Not known: nobody asked. */
    @Override
    public long quotaRemaining() {
        return 0;
    }

    @Override
    public long startByNanos() {
        return System.nanoTime() + FAR_NANOS;
    }

    /** None is needed any more. */
    @Override
    public boolean isLeaseOpen() {
        return true;
    }

    @Override
    public void release(Use use) {
        // There is nothing to give back.
    }
}

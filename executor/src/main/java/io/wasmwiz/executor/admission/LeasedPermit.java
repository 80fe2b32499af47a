package io.wasmwiz.executor.admission;

import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;

/** A permit of {@link LeasedAdmission}. Thread-safe. */
final class LeasedPermit implements Permit {
    private final LeasedAdmission admission;
    private final UUID accountId;
    private final Taken.Unit unit;
    private final UUID executionId;
    private final long resolvedWithinNanos;
    private final AtomicBoolean released = new AtomicBoolean();

    /** {@code resolvedWithinNanos}: from the use-by, a run that started has ended and its event is resolved. */
    LeasedPermit(
            LeasedAdmission admission, UUID accountId, Taken.Unit unit, UUID executionId, long resolvedWithinNanos) {
        this.admission = admission;
        this.accountId = accountId;
        this.unit = unit;
        this.executionId = executionId;
        this.resolvedWithinNanos = resolvedWithinNanos;
    }

    @Override
    public UUID executionId() {
        return executionId;
    }

    @Override
    public Instant admittedAt() {
        return unit.admittedAt();
    }

    @Override
    public UUID leaseId() {
        return unit.lease().id;
    }

    @Override
    public long quotaRemaining() {
        return unit.remaining();
    }

    @Override
    public long startByNanos() {
        return unit.lease().startByNanos();
    }

    @Override
    public boolean isLeaseOpen() {
        return admission.nanoTime() - unit.lease().startByNanos() - resolvedWithinNanos < 0;
    }

    @Override
    public void release(Use use) {
        if (released.compareAndSet(false, true)) {
            admission.release(accountId, unit, use);
        }
    }

    @Override
    public String toString() {
        return "LeasedPermit[executionId=" + executionId + ", leaseId=" + leaseId() + "]";
    }
}

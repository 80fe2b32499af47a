package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.admission.Permit;
import io.wasmwiz.executor.claims.Claim;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;

/**
 * One try at an execution: its id, and who pays.
 *
 * @param requestId of the request that claimed the execution id; empty for one without
 * @param asksCharge whether its event asks for a unit; no, once the execution is paid
 */
record Attempt(UUID executionId, Optional<UUID> requestId, Permit permit, boolean asksCharge) {
    /** Of a request without an id. */
    static Attempt of(Permit permit) {
        return new Attempt(permit.executionId(), Optional.empty(), permit, true);
    }

    /** Of a claimed request that is not paid yet; empty when the permit's lease is of another day and cannot pay for it. */
    static Optional<Attempt> of(Permit permit, UUID requestId, Claim.Granted claim) {
        LocalDate leaseDay = LocalDate.ofInstant(permit.admittedAt(), ZoneOffset.UTC);
        return leaseDay.equals(claim.day())
                ? Optional.of(new Attempt(claim.executionId(), Optional.of(requestId), permit, true))
                : Optional.empty();
    }

    /** Of a claimed request that is paid. */
    static Attempt paid(UUID requestId, Claim.Granted claim, Claim.Payment payment) {
        return new Attempt(
                claim.executionId(), Optional.of(requestId), new PaidPermit(claim.executionId(), payment), false);
    }
}

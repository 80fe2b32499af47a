package io.wasmwiz.executor.execution;

import io.wasmwiz.executor.admission.Permit;
import io.wasmwiz.executor.claims.BatchClaim;
import io.wasmwiz.executor.claims.Claim;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;

/**
 * One try at an execution: its id, and who pays.
 *
 * @param requestId of the request that claimed the execution id; empty for one without
 * @param batchId of the batch that claimed the execution id; empty for one without
 * @param itemId of the item in its batch; empty for a call of its own
 * @param asksCharge whether its event asks for a unit; no, once the execution is paid
 */
record Attempt(
        UUID executionId,
        Optional<UUID> requestId,
        Optional<UUID> batchId,
        String itemId,
        Permit permit,
        boolean asksCharge) {
    /** Of a request without an id. */
    static Attempt of(Permit permit) {
        return new Attempt(permit.executionId(), Optional.empty(), Optional.empty(), "", permit, true);
    }

    /** Of an item of a batch. */
    static Attempt ofItem(Permit permit, String itemId) {
        return new Attempt(permit.executionId(), Optional.empty(), Optional.empty(), itemId, permit, true);
    }

    /** Of a claimed request that is not paid yet; empty when the permit's lease is of another day and cannot pay for it. */
    static Optional<Attempt> of(Permit permit, UUID requestId, Claim.Granted claim) {
        return isOf(claim.day(), permit)
                ? Optional.of(
                        new Attempt(claim.executionId(), Optional.of(requestId), Optional.empty(), "", permit, true))
                : Optional.empty();
    }

    /** Of a claimed request that is paid. */
    static Attempt paid(UUID requestId, Claim.Granted claim, Claim.Payment payment) {
        return new Attempt(
                claim.executionId(),
                Optional.of(requestId),
                Optional.empty(),
                "",
                new PaidPermit(claim.executionId(), payment),
                false);
    }

    /** Of an item of a claimed batch that is not paid yet; empty as for a request. */
    static Optional<Attempt> of(Permit permit, UUID batchId, String itemId, BatchClaim.Item item) {
        return isOf(item.day(), permit)
                ? Optional.of(
                        new Attempt(item.executionId(), Optional.empty(), Optional.of(batchId), itemId, permit, true))
                : Optional.empty();
    }

    /** Of an item of a claimed batch that is paid. */
    static Attempt paid(UUID batchId, String itemId, BatchClaim.Item item, Claim.Payment payment) {
        return new Attempt(
                item.executionId(),
                Optional.empty(),
                Optional.of(batchId),
                itemId,
                new PaidPermit(item.executionId(), payment),
                false);
    }

    private static boolean isOf(LocalDate day, Permit permit) {
        return LocalDate.ofInstant(permit.admittedAt(), ZoneOffset.UTC).equals(day);
    }
}

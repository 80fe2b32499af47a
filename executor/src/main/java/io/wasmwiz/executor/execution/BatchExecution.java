package io.wasmwiz.executor.execution;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.wasmwiz.executor.admission.Permit;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Tier;
import io.wasmwiz.executor.claims.BatchClaim;
import io.wasmwiz.executor.claims.ContentHash;
import io.wasmwiz.executor.execution.ExecutionPipeline.Work;
import io.wasmwiz.executor.execution.RequestRules.Checked;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.modules.ModuleLookup;
import io.wasmwiz.executor.modules.ModuleTask;
import io.wasmwiz.executor.modules.ReadyModule;
import io.wasmwiz.executor.refusal.Refusal;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/**
 * An open batch: runs that share a module, which was found once and is compiled and kept, where it has to be, by the first
 * of them. Each item is admitted, run, recorded and charged like a call of its own. Thread-safe; its opener closes it once
 * no item is to begin any more.
 */
public final class BatchExecution implements AutoCloseable {
    private final ExecutionPipeline pipeline;
    private final RequestRules rules;
    private final ExecuteCommand shared;
    private final ModuleDigest module;
    private final ModuleTask<ModuleLookup> search;
    private volatile ModuleLookup found;
    private volatile InForce inForce;

    /** The limits of items, as long as the caller's tier is this one. */
    private record InForce(Tier tier, Checked checked) {}

    BatchExecution(
            ExecutionPipeline pipeline,
            RequestRules rules,
            ExecuteCommand shared,
            Tier tier,
            ModuleLookup found,
            ModuleTask<ModuleLookup> search) {
        this.pipeline = pipeline;
        this.rules = rules;
        this.module = ModuleLookup.digest(found);
        this.shared = shared.named(module);
        this.search = search;
        this.found = found;
        this.inForce = new InForce(tier, rules.check(this.shared, tier));
    }

    /** What it runs. */
    public ModuleDigest module() {
        return module;
    }

    /** What makes {@code item}, whatever its id, the same run as before: its content with what its batch shares. */
    public ContentHash content(BatchItem item) {
        return RequestContent.hash(shared.forItem(item.input(), item.arguments()), module);
    }

    /**
     * Where an item stands on the ledger.
     *
     * @param batchId of a batch that was claimed; empty for another
     * @param claimed what the claim says of the item; present with {@code batchId}
     */
    public record Place(String itemId, Optional<UUID> batchId, Optional<BatchClaim.Item> claimed) {
        /** Of an item whose batch was not claimed. */
        public static Place unclaimed(String itemId) {
            return new Place(itemId, Optional.empty(), Optional.empty());
        }

        /** Of an item whose batch was. */
        public static Place of(String itemId, UUID batchId, BatchClaim.Item item) {
            return new Place(itemId, Optional.of(batchId), Optional.of(item));
        }

        Optional<Attempt> paid() {
            return claimed.flatMap(
                    item -> item.payment().map(payment -> Attempt.paid(batchId.orElseThrow(), itemId, item, payment)));
        }

        Optional<Attempt> attempt(Permit permit) {
            return claimed.isEmpty()
                    ? Optional.of(Attempt.ofItem(permit, itemId))
                    : Attempt.of(permit, batchId.orElseThrow(), itemId, claimed.get());
        }
    }

    /**
     * Runs one item for {@code caller}, on the tier that the caller has now. One that is charged runs again without charge.
     *
     * @param cancellation as in {@link ExecutionPipeline#execute}
     * @return completes exceptionally only for what nobody foresaw
     */
    public CompletionStage<Outcome> execute(Caller caller, BatchItem item, Place place, Cancellation cancellation) {
        if (place.claimed().filter(claimed -> !claimed.mayRun()).isPresent()) {
            return refused(new Refusal.BatchRerunsSpent());
        }
        ExecuteCommand command = shared.forItem(item.input(), item.arguments());
        Optional<Refusal> fault = rules.checkItem(item.itemId(), command);
        if (fault.isPresent()) {
            return refused(fault.get());
        }
        InForce now = inForce;
        if (!now.tier().equals(caller.tier())) {
            now = new InForce(caller.tier(), rules.check(shared, caller.tier()));
            inForce = now;
        }
        if (now.checked() instanceof Checked.Invalid invalid) {
            return refused(invalid.refusal());
        }
        Checked.Valid request = (Checked.Valid) now.checked();
        return pipeline.executeItem(
                new Work(caller, command, request, module, this::ready), found, place, cancellation);
    }

    private CompletionStage<ReadyModule> ready() {
        ModuleLookup now = found;
        CompletionStage<ReadyModule> ready = pipeline.ready(now);
        return now instanceof ModuleLookup.Known
                ? ready
                : ready.whenComplete((kept, failure) -> {
                    if (kept != null) {
                        found = new ModuleLookup.Known(kept.module());
                        search.close();
                    }
                });
    }

    private static CompletionStage<Outcome> refused(Refusal refusal) {
        return completedFuture(new Outcome.Refused(refusal));
    }

    /** Gives back what the module that came along may take of memory, if it was not kept. */
    @Override
    public void close() {
        search.close();
    }
}

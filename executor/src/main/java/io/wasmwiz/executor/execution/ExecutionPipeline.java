package io.wasmwiz.executor.execution;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.wasmwiz.executor.admission.Admission;
import io.wasmwiz.executor.admission.AdmissionControl;
import io.wasmwiz.executor.admission.Permit;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.claims.BatchedClaims;
import io.wasmwiz.executor.claims.Claim;
import io.wasmwiz.executor.claims.ContentHash;
import io.wasmwiz.executor.claims.RequestClaims;
import io.wasmwiz.executor.claims.RequestClaims.Request;
import io.wasmwiz.executor.claims.RequestKey;
import io.wasmwiz.executor.events.ExecutionEvents;
import io.wasmwiz.executor.execution.RequestRules.Checked;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.modules.ModuleLibrary;
import io.wasmwiz.executor.modules.ModuleLookup;
import io.wasmwiz.executor.modules.ModuleTask;
import io.wasmwiz.executor.modules.ReadyModule;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.refusal.RefusedException;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The story of one execution: check → find the module → (claim) → admit → make the module ready → run → record → outcome. What is
 * cheap, free and can be undone comes first, so that a bad request or module costs nothing; the code of a new module is
 * compiled and kept only once its run is paid for.
 *
 * <p>No step blocks: each goes on where the one before completed. Thread-safe; owns nothing.
 */
public final class ExecutionPipeline {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
    static final Duration SETTLING_RETRY_AFTER = Duration.ofSeconds(5);
    private static final Refusal OTHER_DAY = new Refusal.RequestIdRefused(Claim.Reason.SETTLING, SETTLING_RETRY_AFTER);
    private static final Refusal OTHER_BATCH_DAY =
            new Refusal.BatchIdRefused(Claim.Reason.SETTLING, SETTLING_RETRY_AFTER);

    private final RequestRules rules;
    private final ModuleLibrary modules;
    private final Repeats repeats;
    private final BatchedClaims claims;
    private final AdmissionControl admission;
    private final SandboxRuntime sandbox;
    private final QueueConfig queue;
    private final ExecutionEvents events;
    private final Crashes crashes;
    private final InFlight inFlight;
    private final LongSupplier nanoTime;

    public ExecutionPipeline(
            RequestRules rules,
            ModuleLibrary modules,
            Repeats repeats,
            BatchedClaims claims,
            AdmissionControl admission,
            SandboxRuntime sandbox,
            QueueConfig queue,
            ExecutionEvents events,
            Crashes crashes,
            InFlight inFlight,
            LongSupplier nanoTime) {
        this.rules = rules;
        this.modules = modules;
        this.repeats = repeats;
        this.claims = claims;
        this.admission = admission;
        this.sandbox = sandbox;
        this.queue = queue;
        this.events = events;
        this.crashes = crashes;
        this.inFlight = inFlight;
        this.nanoTime = nanoTime;
    }

    /**
     * Executes {@code command} for {@code caller}.
     *
     * @param cancellation may come at any time: what has not begun then never will, what runs is stopped and recorded
     * @return completes exceptionally only for what nobody foresaw
     */
    public CompletionStage<Outcome> execute(Caller caller, ExecuteCommand command, Cancellation cancellation) {
        Checked checked = rules.check(command, caller.tier());
        if (checked instanceof Checked.Invalid invalid) {
            return refused(invalid.refusal());
        }
        if (!events.isAccepting()) {
            return refused(new Refusal.EventLogUnavailable(RETRY_AFTER));
        }
        Checked.Valid request = (Checked.Valid) checked;
        inFlight.enter();
        ModuleTask<ModuleLookup> search;
        try {
            search = modules.find(caller.accountId(), request.module());
        } catch (RuntimeException e) {
            inFlight.exit();
            return CompletableFuture.failedFuture(e);
        }
        cancellation.onCancel(search::cancel);
        return search.result()
                .thenCompose(found -> check(caller, request, found, cancellation)
                        .map(ExecutionPipeline::refused)
                        .orElseGet(() -> once(
                                new Work(
                                        caller,
                                        command,
                                        request,
                                        ModuleLookup.digest(found),
                                        () -> surely(() -> ready(found))
                                                .whenComplete((module, failure) -> search.close())),
                                request.requestId(),
                                cancellation)))
                .exceptionally(ExecutionPipeline::refusalOrThrow)
                .whenComplete((outcome, failure) -> {
                    search.close();
                    inFlight.exit();
                });
    }

    /**
     * Opens a batch of runs that share {@code command}, which has neither input nor request id. Finds its module; compiles
     * and keeps nothing.
     *
     * @param cancellation may come at any time until the batch is open
     * @return completes exceptionally only for what nobody foresaw. An opened batch is to be closed
     */
    public CompletionStage<BatchOpening> openBatch(Caller caller, ExecuteCommand command, Cancellation cancellation) {
        Checked checked = rules.checkShared(command, caller.tier());
        if (checked instanceof Checked.Invalid invalid) {
            return completedFuture(new BatchOpening.Refused(invalid.refusal()));
        }
        Checked.Valid request = (Checked.Valid) checked;
        ModuleTask<ModuleLookup> search = modules.find(caller.accountId(), request.module());
        cancellation.onCancel(search::cancel);
        return search.result()
                .<BatchOpening>thenApply(found -> {
                    Optional<Refusal> refusal = check(caller, request, found, cancellation);
                    return refusal.isPresent()
                            ? new BatchOpening.Refused(refusal.get())
                            : new BatchOpening.Opened(
                                    new BatchExecution(this, rules, command, caller.tier(), found, search));
                })
                .exceptionally(failure -> RefusedException.refusalIn(failure)
                        .map(BatchOpening.Refused::new)
                        .orElseThrow(() -> new CompletionException(RefusedException.unwrapped(failure))))
                .whenComplete((opening, failure) -> {
                    if (!(opening instanceof BatchOpening.Opened)) {
                        search.close();
                    }
                });
    }

    /** Runs an item of an open batch. */
    CompletionStage<Outcome> executeItem(
            Work work, ModuleLookup found, BatchExecution.Place place, Cancellation cancellation) {
        if (!events.isAccepting()) {
            return refused(new Refusal.EventLogUnavailable(RETRY_AFTER));
        }
        Optional<Refusal> refusal = check(work.caller(), work.request(), found, cancellation);
        if (refusal.isPresent()) {
            return refused(refusal.get());
        }
        inFlight.enter();
        return surely(() -> place.paid().isPresent()
                        ? run(work, place.paid().get(), cancellation)
                        : admit(work, cancellation, place::attempt, OTHER_BATCH_DAY))
                .exceptionally(ExecutionPipeline::refusalOrThrow)
                .whenComplete((outcome, failure) -> inFlight.exit());
    }

    /**
     * What passed every check that costs nothing.
     *
     * @param ready makes the module ready, once the run is paid for
     */
    record Work(
            Caller caller,
            ExecuteCommand command,
            Checked.Valid request,
            ModuleDigest module,
            Supplier<CompletionStage<ReadyModule>> ready) {}

    private Optional<Refusal> check(
            Caller caller, Checked.Valid request, ModuleLookup found, Cancellation cancellation) {
        if (found instanceof ModuleLookup.Refused no) {
            return Optional.of(no.refusal());
        }
        RunLimits limits = request.limits();
        long minimumPages = ModuleLookup.memoryMinimumPages(found);
        if (minimumPages > limits.memoryPages()) {
            return Optional.of(new Refusal.MemoryMinimumAboveLimit(
                    minimumPages * RunLimits.PAGE_BYTES, (long) limits.memoryPages() * RunLimits.PAGE_BYTES));
        }
        Optional<Refusal> notInvocable = InvocationRules.check(request.invocation(), ModuleLookup.invocables(found));
        if (notInvocable.isPresent()) {
            return notInvocable;
        }
        Optional<Refusal> quarantined = crashes.quarantine().refusal(caller.accountId(), ModuleLookup.digest(found));
        return quarantined.isPresent() || !cancellation.isCancelled()
                ? quarantined
                : Optional.of(new Refusal.Cancelled());
    }

    /** A request without an id is admitted as it is; one with an id is claimed, unless this executor has its answer. */
    private CompletionStage<Outcome> once(Work work, Optional<UUID> requestId, Cancellation cancellation) {
        if (requestId.isEmpty()) {
            return admit(work, cancellation, permit -> Optional.of(Attempt.of(permit)), OTHER_DAY);
        }
        RequestKey key = new RequestKey(work.caller().accountId(), requestId.get());
        ContentHash content = RequestContent.hash(work.command(), work.module());
        return repeats.once(
                key,
                content,
                cancellation,
                shared -> claims.claim(new Request(key, content))
                        .thenCompose(claim -> claimed(work, key, claim, shared)));
    }

    /** Whoever has the claim pays, unless the execution is paid; an attempt in which nothing ran goes back. */
    private CompletionStage<Outcome> claimed(Work work, RequestKey key, Claim answer, Cancellation cancellation) {
        if (answer instanceof Claim.Refused no) {
            return refused(new Refusal.RequestIdRefused(no.reason(), SETTLING_RETRY_AFTER));
        }
        Claim.Granted claim = (Claim.Granted) answer;
        CompletionStage<Outcome> outcome = claim.payment().isPresent()
                ? run(work, Attempt.paid(key.requestId(), claim, claim.payment().get()), cancellation)
                : admit(work, cancellation, permit -> Attempt.of(permit, key.requestId(), claim), OTHER_DAY);
        return outcome.whenComplete((result, failure) -> {
            Optional<Refusal> refusal = result instanceof Outcome.Refused no
                    ? Optional.of(no.refusal())
                    : Optional.ofNullable(failure).flatMap(RefusedException::refusalIn);
            if (refusal.isPresent() && !(refusal.get() instanceof Refusal.OutcomeUnknown)) {
                claims.giveBack(new RequestClaims.Attempt(key, claim.executionId()));
            }
        });
    }

    /** Runs with a permit that can pay; without one, as it is of another day than the claim, at midnight: {@code otherDay}. */
    private CompletionStage<Outcome> admit(
            Work work, Cancellation cancellation, Function<Permit, Optional<Attempt>> attempt, Refusal otherDay) {
        return admission.admit(work.caller()).thenCompose(answer -> {
            if (answer instanceof Admission.Refused no) {
                return refused(new Refusal.NotAdmitted(no));
            }
            Permit permit = ((Admission.Admitted) answer).permit();
            Optional<Attempt> paying = attempt.apply(permit);
            if (paying.isEmpty()) {
                permit.release(Permit.Use.RETURNED);
                return refused(otherDay);
            }
            return run(work, paying.get(), cancellation);
        });
    }

    private CompletionStage<Outcome> run(Work work, Attempt attempt, Cancellation cancellation) {
        Run run = new Run(
                work.caller(),
                work.command(),
                work.request(),
                attempt,
                cancellation,
                sandbox,
                queue,
                events,
                crashes,
                nanoTime);
        return surely(work.ready())
                .thenCompose(run::start)
                .whenComplete((outcome, failure) -> attempt.permit().release(run.use()));
    }

    CompletionStage<ReadyModule> ready(ModuleLookup found) {
        return found instanceof ModuleLookup.Fresh fresh
                ? modules.keep(fresh)
                : completedFuture(new ReadyModule(((ModuleLookup.Known) found).module(), true));
    }

    /** The stage, or a failed one when not even that came. */
    private static <T> CompletionStage<T> surely(Supplier<CompletionStage<T>> step) {
        try {
            return step.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Outcome refusalOrThrow(Throwable failure) {
        return RefusedException.refusalIn(failure)
                .map(Outcome.Refused::new)
                .orElseThrow(() -> new CompletionException(RefusedException.unwrapped(failure)));
    }

    private static CompletionStage<Outcome> refused(Refusal refusal) {
        return completedFuture(new Outcome.Refused(refusal));
    }
}

package io.wasmwiz.executor.execution;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.wasmwiz.executor.admission.Permit;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.events.ExecutionEvents;
import io.wasmwiz.executor.events.ExecutionEvents.Publication;
import io.wasmwiz.executor.events.ExecutionRecord;
import io.wasmwiz.executor.modules.LoadedModule;
import io.wasmwiz.executor.modules.ReadyModule;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.sandbox.FileTree;
import io.wasmwiz.executor.sandbox.Invocation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.SandboxRun;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.StartConditions;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;

/**
 * One admitted run: hands it to the sandbox, records whatever came of it, and knows what becomes of the permit. Used
 * once; its steps follow one another, on whatever threads complete them.
 */
final class Run {
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final Caller caller;
    private final ExecuteCommand command;
    private final RunLimits limits;
    private final Optional<Invocation> invocation;
    private final Attempt attempt;
    private final Permit permit;
    private final Cancellation cancellation;
    private final SandboxRuntime sandbox;
    private final QueueConfig queue;
    private final ExecutionEvents events;
    private final Crashes crashes;
    private final LongSupplier nanoTime;
    private final long admittedNanos;

    /** Until something ran, the unit goes back; from then on it is spent unless shown otherwise. */
    private volatile Permit.Use use = Permit.Use.RETURNED;

    Run(
            Caller caller,
            ExecuteCommand command,
            RequestRules.Checked.Valid request,
            Attempt attempt,
            Cancellation cancellation,
            SandboxRuntime sandbox,
            QueueConfig queue,
            ExecutionEvents events,
            Crashes crashes,
            LongSupplier nanoTime) {
        this.caller = caller;
        this.command = command;
        this.limits = request.limits();
        this.invocation = request.invocation();
        this.attempt = attempt;
        this.permit = attempt.permit();
        this.cancellation = cancellation;
        this.sandbox = sandbox;
        this.queue = queue;
        this.events = events;
        this.crashes = crashes;
        this.nanoTime = nanoTime;
        this.admittedNanos = nanoTime.getAsLong();
    }

    /** What becomes of the permit, once {@link #start} has completed. */
    Permit.Use use() {
        return use;
    }

    CompletionStage<Outcome> start(ReadyModule ready) {
        LoadedModule module = ready.module();
        if (cancellation.isCancelled()) {
            return completedFuture(new Outcome.Refused(new Refusal.Cancelled()));
        }
        if (!events.isAccepting()) {
            return completedFuture(new Outcome.Refused(new Refusal.EventLogUnavailable(RETRY_AFTER)));
        }
        long waitedNanos = nanoTime.getAsLong() - admittedNanos;
        long startByNanos = startByNanos();
        SandboxRun run = sandbox.run(new RunRequest(
                module.code(),
                command.input(),
                command.arguments(),
                command.environment(),
                FileTree.of(command.files()),
                limits,
                invocation,
                new StartConditions(caller.tier().maxConcurrency(), startByNanos, () -> mayStart(module))));
        cancellation.onCancel(run::cancel);
        return run.result()
                .thenCompose(result -> result instanceof RunResult.Ran ran
                        ? record(ran, ready, waitedNanos)
                        : completedFuture(
                                new Outcome.Refused(refusalOf((RunResult.Refused) result, module, startByNanos))));
    }

    private boolean mayStart(LoadedModule module) {
        return events.isAccepting()
                && crashes.quarantine().allows(caller.accountId(), module.code().digest());
    }

    /** The first of the client's deadline, the lease's use-by and the end of the longest wait. */
    private long startByNanos() {
        long startBy = earlier(nanoTime.getAsLong() + queue.maxWait().toNanos(), permit.startByNanos());
        OptionalLong deadline = cancellation.deadlineNanos();
        return deadline.isPresent() ? earlier(startBy, deadline.getAsLong()) : startBy;
    }

    private static long earlier(long nanos, long otherNanos) {
        return nanos - otherNanos <= 0 ? nanos : otherNanos;
    }

    /** Recorded also when nobody waits for the answer any more. */
    private CompletionStage<Outcome> record(RunResult.Ran ran, ReadyModule ready, long waitedNanos) {
        use = Permit.Use.SPENT;
        boolean charged = switch (ExecutionStatus.of(ran).charging()) {
            case ALWAYS -> attempt.asksCharge();
            case BEYOND_FREE_CRASHES -> chargesCrash(ready.module());
        };
        ExecutionRecord execution = executionOf(ran, ready, waitedNanos, charged);
        return events.publish(execution).thenApply(publication -> {
            if (!execution.charged() && publication != Publication.UNRESOLVED) {
                use = Permit.Use.RETURNED;
            }
            // Durable, but perhaps after the end of its lease: then the ledger has it as late, and not charged.
            if (publication != Publication.DURABLE || (execution.charged() && !permit.isLeaseOpen())) {
                return new Outcome.Refused(new Refusal.OutcomeUnknown(execution.executionId()));
            }
            return new Outcome.Completed(
                    ran.stdout(),
                    ran.stderr(),
                    ran.stdoutTruncated(),
                    ran.stderrTruncated(),
                    ResultMessage.of(ran, limits),
                    ran.end() instanceof RunResult.End.Trapped trapped ? trapped.backtrace() : List.of(),
                    ran.end() instanceof RunResult.End.Exited exited ? exited.results() : List.of(),
                    Receipt.of(execution, permit.quotaRemaining()),
                    !attempt.asksCharge());
        });
    }

    /** Counts a crash of the module and says whether the account pays for it. */
    private boolean chargesCrash(LoadedModule module) {
        crashes.quarantine().crashed(caller.accountId(), module.code().digest());
        return attempt.asksCharge() && crashes.allowance().charges(caller.accountId(), permit.admittedAt());
    }

    private ExecutionRecord executionOf(RunResult.Ran ran, ReadyModule ready, long waitedNanos, boolean charged) {
        ModuleCode code = ready.module().code();
        ExecutionStatus status = ExecutionStatus.of(ran);
        return new ExecutionRecord(
                attempt.executionId(),
                caller.accountId(),
                caller.apiKeyId(),
                code.digest(),
                caller.tier().name(),
                caller.tier().version(),
                permit.leaseId(),
                attempt.requestId(),
                attempt.batchId(),
                attempt.itemId(),
                status,
                ran.end() instanceof RunResult.End.Exited exited ? OptionalInt.of(exited.code()) : OptionalInt.empty(),
                ran.end() instanceof RunResult.End.Trapped trapped ? Optional.of(trapped.kind()) : Optional.empty(),
                permit.admittedAt(),
                micros(ran.usage().wallNanos()),
                micros(ran.usage().cpuNanos()),
                micros(waitedNanos + ran.usage().queueNanos()),
                ran.usage().peakMemoryBytes(),
                code.bytes().length,
                command.inputBytes(),
                (long) ran.stdout().length + ran.stderr().length,
                ready.compiledBefore() && ran.usage().cacheHit(),
                ran.stdoutTruncated() || ran.stderrTruncated(),
                ran.outputLost(),
                charged);
    }

    private Refusal refusalOf(RunResult.Refused refused, LoadedModule module, long startByNanos) {
        return switch (refused.cause()) {
            case ACCOUNT_QUEUE_FULL -> new Refusal.AccountQueueFull(queue.accountCapacity(), RETRY_AFTER);
            case QUEUE_FULL -> new Refusal.ServerBusy("sandbox", RETRY_AFTER);
            case START_BY_PASSED ->
                isDeadline(startByNanos)
                        ? new Refusal.DeadlinePassed()
                        : new Refusal.ServerBusy("sandbox", RETRY_AFTER);
            case CANCELLED -> new Refusal.Cancelled();
            case MODULE_REJECTED -> new Refusal.ModuleRefused("MODULE_REJECTED_BY_ENGINE", refused.message());
            case MAY_NOT_START ->
                crashes.quarantine()
                        .refusal(caller.accountId(), module.code().digest())
                        .orElse(new Refusal.EventLogUnavailable(RETRY_AFTER));
            case CLOSED -> new Refusal.Draining(RETRY_AFTER);
        };
    }

    private boolean isDeadline(long startByNanos) {
        OptionalLong deadline = cancellation.deadlineNanos();
        return deadline.isPresent() && deadline.getAsLong() == startByNanos;
    }

    private static long micros(long nanos) {
        return Math.max(0, nanos) / 1000;
    }
}

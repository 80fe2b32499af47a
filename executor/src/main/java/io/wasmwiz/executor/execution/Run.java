package io.wasmwiz.executor.execution;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.wasmwiz.executor.admission.Permit;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.events.ExecutionEvents;
import io.wasmwiz.executor.events.ExecutionEvents.Publication;
import io.wasmwiz.executor.events.ExecutionRecord;
import io.wasmwiz.executor.modules.LoadedModule;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.sandbox.RunLimits;
import io.wasmwiz.executor.sandbox.RunRequest;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.SandboxRun;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
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
    private final Permit permit;
    private final Cancellation cancellation;
    private final SandboxRuntime sandbox;
    private final ExecutionEvents events;
    private final LongSupplier nanoTime;
    private final long admittedNanos;

    /** Until something ran, the unit goes back; from then on it is spent unless shown otherwise. */
    private volatile Permit.Use use = Permit.Use.RETURNED;

    Run(
            Caller caller,
            ExecuteCommand command,
            RunLimits limits,
            Permit permit,
            Cancellation cancellation,
            SandboxRuntime sandbox,
            ExecutionEvents events,
            LongSupplier nanoTime) {
        this.caller = caller;
        this.command = command;
        this.limits = limits;
        this.permit = permit;
        this.cancellation = cancellation;
        this.sandbox = sandbox;
        this.events = events;
        this.nanoTime = nanoTime;
        this.admittedNanos = nanoTime.getAsLong();
    }

    /** What becomes of the permit, once {@link #start} has completed. */
    Permit.Use use() {
        return use;
    }

    CompletionStage<Outcome> start(LoadedModule module) {
        if (cancellation.isCancelled()) {
            return completedFuture(new Outcome.Refused(new Refusal.Cancelled()));
        }
        if (!events.isAccepting()) {
            return completedFuture(new Outcome.Refused(new Refusal.EventLogUnavailable(RETRY_AFTER)));
        }
        long waitedNanos = nanoTime.getAsLong() - admittedNanos;
        SandboxRun run = sandbox.run(new RunRequest(
                module.code(),
                command.input(),
                command.arguments(),
                command.environment(),
                limits,
                events::isAccepting));
        cancellation.onCancel(run::cancel);
        return run.result()
                .thenCompose(result -> result instanceof RunResult.Ran ran
                        ? record(ran, module, waitedNanos)
                        : completedFuture(new Outcome.Refused(refusalOf((RunResult.Refused) result))));
    }

    /** Recorded also when nobody waits for the answer any more. */
    private CompletionStage<Outcome> record(RunResult.Ran ran, LoadedModule module, long waitedNanos) {
        use = Permit.Use.SPENT;
        ExecutionRecord execution = executionOf(ran, module, waitedNanos);
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
                    Receipt.of(execution, permit.quotaRemaining()));
        });
    }

    private ExecutionRecord executionOf(RunResult.Ran ran, LoadedModule module, long waitedNanos) {
        ExecutionStatus status = ExecutionStatus.of(ran);
        return new ExecutionRecord(
                permit.executionId(),
                caller.accountId(),
                caller.apiKeyId(),
                module.code().digest(),
                caller.tier().name(),
                caller.tier().version(),
                permit.leaseId(),
                status,
                ran.end() instanceof RunResult.End.Exited exited ? OptionalInt.of(exited.code()) : OptionalInt.empty(),
                ran.end() instanceof RunResult.End.Trapped trapped ? Optional.of(trapped.kind()) : Optional.empty(),
                permit.admittedAt(),
                micros(ran.usage().wallNanos()),
                micros(ran.usage().cpuNanos()),
                micros(waitedNanos + ran.usage().queueNanos()),
                ran.usage().peakMemoryBytes(),
                module.code().bytes().length,
                command.input().length,
                (long) ran.stdout().length + ran.stderr().length,
                ran.usage().cacheHit(),
                ran.stdoutTruncated() || ran.stderrTruncated(),
                ran.outputLost(),
                status.isCharged());
    }

    private static Refusal refusalOf(RunResult.Refused refused) {
        return switch (refused.cause()) {
            case QUEUE_FULL -> new Refusal.ServerBusy("sandbox", RETRY_AFTER);
            case CANCELLED -> new Refusal.Cancelled();
            case MODULE_REJECTED -> new Refusal.ModuleRefused("MODULE_REJECTED_BY_ENGINE", refused.message());
            case EVENTS_UNAVAILABLE -> new Refusal.EventLogUnavailable(RETRY_AFTER);
            case CLOSED -> new Refusal.Draining(RETRY_AFTER);
        };
    }

    private static long micros(long nanos) {
        return Math.max(0, nanos) / 1000;
    }
}

package io.wasmwiz.executor.execution;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.admission.CountingAdmission;
import io.wasmwiz.executor.admission.Permit;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.claims.BatchedClaims;
import io.wasmwiz.executor.claims.InMemoryRequestClaims;
import io.wasmwiz.executor.events.ScriptedExecutionEvents;
import io.wasmwiz.executor.modules.InMemoryModuleStore;
import io.wasmwiz.executor.modules.ModuleInspection;
import io.wasmwiz.executor.modules.ModuleLibrary;
import io.wasmwiz.executor.modules.ModulesConfig;
import io.wasmwiz.executor.modules.SampleFindings;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.sandbox.ScriptedSandbox;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import io.wasmwiz.executor.work.FairPool;
import io.wasmwiz.executor.work.WorkPool;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A pipeline over fakes whose clock stands still until it is told. Its opener closes it. */
final class PipelineFixture implements AutoCloseable {
    static final QueueConfig QUEUE = new QueueConfig(100, 20, Duration.ofSeconds(10));

    final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    final AtomicLong nanoTime = new AtomicLong();
    final ScriptedSandbox sandbox = new ScriptedSandbox();
    final ScriptedExecutionEvents events = new ScriptedExecutionEvents();
    final CountingAdmission admission = new CountingAdmission();
    final InMemoryRequestClaims claims =
            new InMemoryRequestClaims(LocalDate.ofInstant(CountingAdmission.ADMITTED_AT, ZoneOffset.UTC), 10);
    final Caller caller = Requests.caller();

    private final WorkPool work = WorkPool.open("work", 1, 10, metrics);
    private final FairPool inspection = FairPool.open("inspection", 1, 1_000, metrics);
    private final InFlight inFlight = InFlight.open(Duration.ofSeconds(5), metrics);
    private final ExecutionPipeline pipeline;

    PipelineFixture(CrashConfig crashes) {
        ModuleLibrary library = new ModuleLibrary(
                new ModulesConfig(100, 1L << 20, Duration.ofMinutes(1), 1L << 20, Duration.ofMinutes(1), 1L << 20),
                new InMemoryModuleStore(() -> Instant.EPOCH),
                module -> new ModuleInspection.Accepted(SampleFindings.withPages(1)),
                sandbox,
                work,
                inspection,
                metrics);
        pipeline = new ExecutionPipeline(
                new RequestRules(Requests.LIMITS),
                library,
                new Repeats(Requests.CLAIMS, nanoTime::get, metrics),
                new BatchedClaims(claims, work, 10),
                admission,
                sandbox,
                QUEUE,
                events,
                new Crashes(crashes, nanoTime::get, metrics),
                inFlight,
                nanoTime::get);
    }

    /** A module unlike those of other seeds. */
    static byte[] module(int seed) {
        return new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0, 0, (byte) seed};
    }

    CompletableFuture<Outcome> begin(Caller who, byte[] module, Cancellation cancellation) {
        return begin(who, Requests.inline(module), cancellation);
    }

    CompletableFuture<Outcome> begin(Caller who, ExecuteCommand command, Cancellation cancellation) {
        return pipeline.execute(who, command, cancellation).toCompletableFuture();
    }

    /** Lets the time pass after which no answer is kept. */
    void forgetAnswers() {
        nanoTime.addAndGet(Requests.CLAIMS.cacheTime().toNanos());
    }

    Outcome execute(Caller who, byte[] module) {
        return begin(who, module, new Cancellation())
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }

    /** The receipt of a run, which must have run. */
    static Receipt receipt(Outcome outcome) {
        if (outcome instanceof Outcome.Completed completed) {
            return completed.receipt();
        }
        throw new AssertionError("did not run: " + outcome);
    }

    /** The refusal of a run, which must have been refused. */
    static Refusal refusal(Outcome outcome) {
        if (outcome instanceof Outcome.Refused refused) {
            return refused.refusal();
        }
        throw new AssertionError("ran: " + outcome);
    }

    /** What became of the permits, oldest first. */
    List<Permit.Use> releases() {
        return admission.permits().stream()
                .flatMap(permit -> permit.releases().stream())
                .toList();
    }

    @Override
    public void close() {
        inFlight.close();
        work.close();
        inspection.close();
    }
}

package io.wasmwiz.executor.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.admission.Admission;
import io.wasmwiz.executor.admission.CountingAdmission;
import io.wasmwiz.executor.admission.Permit;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.claims.BatchedClaims;
import io.wasmwiz.executor.claims.InMemoryRequestClaims;
import io.wasmwiz.executor.events.ExecutionEvents.Publication;
import io.wasmwiz.executor.events.ExecutionRecord;
import io.wasmwiz.executor.events.ScriptedExecutionEvents;
import io.wasmwiz.executor.modules.InMemoryModuleStore;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.modules.ModuleInspection;
import io.wasmwiz.executor.modules.ModuleLibrary;
import io.wasmwiz.executor.modules.ModulesConfig;
import io.wasmwiz.executor.modules.SampleFindings;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.ScriptedSandbox;
import io.wasmwiz.executor.sandbox.TrapKind;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import io.wasmwiz.executor.work.FairPool;
import io.wasmwiz.executor.work.WorkPool;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExecutionPipelineTest {
    private static final byte[] MODULE = {0, 'a', 's', 'm', 1, 0, 0, 0};
    private static final byte[] BAD_MODULE = {'n', 'o'};
    private static final byte[] GREEDY_MODULE = {0, 'a', 's', 'm', 1, 0, 0, 0, 9};

    private static final QueueConfig QUEUE = new QueueConfig(100, 20, Duration.ofSeconds(10));

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final InMemoryModuleStore store = new InMemoryModuleStore(() -> Instant.EPOCH);
    private final ScriptedSandbox sandbox = new ScriptedSandbox();
    private final ScriptedExecutionEvents events = new ScriptedExecutionEvents();
    private final CountingAdmission admission = new CountingAdmission();
    private final WorkPool database = WorkPool.open("database", 1, 10, metrics);
    private final FairPool inspection = FairPool.open("inspection", 1, 100, metrics);
    private final InFlight inFlight = InFlight.open(Duration.ofSeconds(5), metrics);
    private final ModuleLibrary library = new ModuleLibrary(
            new ModulesConfig(2, 1L << 20, Duration.ofMinutes(1), 1L << 20, Duration.ofMinutes(1), 1L << 20),
            store,
            ExecutionPipelineTest::inspect,
            sandbox,
            database,
            inspection,
            metrics);
    private final Crashes crashes = new Crashes(Requests.CRASHES, () -> 0, metrics);
    private final ExecutionPipeline pipeline = new ExecutionPipeline(
            new RequestRules(Requests.LIMITS),
            library,
            new Repeats(Requests.CLAIMS, () -> 0, metrics),
            new BatchedClaims(new InMemoryRequestClaims(LocalDate.EPOCH, 1), database, 1),
            admission,
            sandbox,
            QUEUE,
            events,
            crashes,
            inFlight,
            () -> 0);
    private final Caller caller = Requests.caller();
    private final Cancellation cancellation = new Cancellation();

    @AfterEach
    void close() throws InterruptedException {
        inFlight.close();
        database.close();
        inspection.close();
    }

    @Test
    void tellsTheSameInReceiptAndEvent() {
        Outcome outcome = execute(MODULE);

        Receipt receipt = completed(outcome).receipt();
        ExecutionRecord event = events.published().get(0);
        assertThat(events.published()).hasSize(1);
        assertThat(receipt).isEqualTo(Receipt.of(event, 41));
        assertThat(event.executionId()).isEqualTo(admission.permits().get(0).executionId());
        assertThat(event.leaseId()).isEqualTo(admission.permits().get(0).leaseId());
        assertThat(event.admittedAt()).isEqualTo(CountingAdmission.ADMITTED_AT);
        assertThat(event.accountId()).isEqualTo(caller.accountId());
        assertThat(event.apiKeyId()).isEqualTo(caller.apiKeyId());
        assertThat(event.moduleDigest()).isEqualTo(ModuleDigest.of(MODULE));
        assertThat(event.status()).isEqualTo(ExecutionStatus.COMPLETED);
        assertThat(event.exitCode()).hasValue(0);
        assertThat(event.wallTimeMicros()).isEqualTo(7_000);
        assertThat(event.cpuTimeMicros()).isEqualTo(5_000);
        assertThat(event.queueTimeMicros()).isEqualTo(2_000);
        assertThat(event.peakMemoryBytes()).isEqualTo(131_072);
        assertThat(event.moduleBytes()).isEqualTo(MODULE.length);
        assertThat(event.inputBytes()).isEqualTo(3);
        assertThat(event.outputBytes()).isEqualTo(6);
        assertThat(event.charged()).isTrue();
        assertThat(releases()).containsExactly(Permit.Use.SPENT);
    }

    @Test
    void keepsAnInlineModuleSoThatItRunsByDigestLater() {
        execute(MODULE);

        Outcome again = join(pipeline.execute(
                caller, Requests.byDigest(ModuleDigest.of(MODULE).toString()), cancellation));

        assertThat(again).isInstanceOf(Outcome.Completed.class);
        assertThat(sandbox.compiled()).hasSize(1);
        assertThat(store.find(caller.accountId(), ModuleDigest.of(MODULE))).isPresent();
    }

    @Test
    void saysThatTheFirstRunOfAModuleFoundItNotCompiledAndTheNextDid() {
        Receipt first = completed(execute(MODULE)).receipt();
        Receipt second = completed(execute(MODULE)).receipt();

        assertThat(first.cacheHit()).isFalse();
        assertThat(second.cacheHit()).isTrue();
        assertThat(events.published()).extracting(ExecutionRecord::cacheHit).containsExactly(false, true);
    }

    @Test
    void sharesOneInspectionCompilationAndInsertAmongManyFirstRuns() {
        CompletableFuture<Compilation> compilation = new CompletableFuture<>();
        sandbox.compilesAs(module -> compilation);

        List<CompletableFuture<Outcome>> runs =
                Stream.generate(() -> begin(MODULE)).limit(8).toList();
        org.awaitility.Awaitility.await()
                .until(() -> metrics.get("wasmwiz.modules.joined")
                                .tag("step", "keep")
                                .counter()
                                .count()
                        == 7);
        compilation.complete(new Compilation.Compiled(false));

        assertThat(runs)
                .allSatisfy(run ->
                        assertThat(completed(join(run)).receipt().cacheHit()).isFalse());
        assertThat(sandbox.compiled()).hasSize(1);
        assertThat(metrics.get("wasmwiz.modules.inspections").counter().count()).isEqualTo(1);
        assertThat(store.list(caller.accountId(), java.util.Optional.empty(), 10))
                .hasSize(1);
    }

    @Test
    void failsNoOtherWhenTheFirstWhoBringsAModuleGoesAway() {
        CompletableFuture<Compilation> compilation = new CompletableFuture<>();
        sandbox.compilesAs(module -> compilation);
        CompletableFuture<Outcome> first = begin(MODULE);
        org.awaitility.Awaitility.await().until(() -> !sandbox.compiled().isEmpty());
        CompletableFuture<Outcome> second = pipeline.execute(caller, Requests.inline(MODULE), new Cancellation())
                .toCompletableFuture();

        cancellation.cancel();
        compilation.complete(new Compilation.Compiled(false));

        assertThat(refusal(join(first))).isEqualTo(new Refusal.Cancelled());
        assertThat(join(second)).isInstanceOf(Outcome.Completed.class);
    }

    @Test
    void refusesAgainWithoutWorkWhatTheEngineDidNotTake() {
        sandbox.compilesTo(module -> new Compilation.Rejected("too odd"));
        execute(MODULE);

        assertThat(refusal(execute(MODULE)))
                .isEqualTo(new Refusal.ModuleRefused("MODULE_REJECTED_BY_ENGINE", "too odd"));
        assertThat(sandbox.compiled()).hasSize(1);
        assertThat(admission.permits()).hasSize(1);
    }

    @Test
    void triesAgainAfterAPassingFailure() {
        sandbox.compilesTo(module -> new Compilation.Unavailable("full"));
        assertThat(refusal(execute(MODULE))).isInstanceOf(Refusal.ServerBusy.class);
        sandbox.compilesTo(module -> new Compilation.Compiled(false));

        assertThat(execute(MODULE)).isInstanceOf(Outcome.Completed.class);
    }

    @Test
    void givesBackTheMemoryOfInlineModulesHoweverTheirCallsEnd() {
        execute(MODULE);
        execute(BAD_MODULE);
        execute(GREEDY_MODULE);
        admission.refuses(new Admission.ConcurrencySpent("Free", 2, Duration.ofSeconds(1)));
        execute(module(1));
        store.failsWith(new IllegalStateException(new SQLTransientConnectionException("pool timed out")));
        execute(module(2));

        assertThat(metrics.get("wasmwiz.inspection.held.bytes").gauge().value()).isZero();
    }

    @Test
    void doesNotCompileAgainWhatTheAccountHas() {
        execute(MODULE);
        execute(MODULE);

        assertThat(sandbox.compiled()).hasSize(1);
        assertThat(sandbox.runs()).hasSize(2);
    }

    @Test
    void asksNobodyAboutABadRequest() {
        events.accepts(false);

        Outcome outcome = join(pipeline.execute(caller, Requests.of(new ExecuteCommand.Source.None()), cancellation));

        assertThat(refusal(outcome)).isInstanceOf(Refusal.InvalidFields.class);
        assertThat(admission.permits()).isEmpty();
    }

    @Test
    void startsNothingWhileEventsAreRefused() {
        events.accepts(false);

        assertThat(refusal(execute(MODULE))).isInstanceOf(Refusal.EventLogUnavailable.class);
        assertThat(sandbox.runs()).isEmpty();
        assertThat(admission.permits()).isEmpty();
    }

    @Test
    void startsNothingWhenEventsAreRefusedOnceTheModuleIsReady() {
        sandbox.compilesTo(module -> {
            events.accepts(false);
            return new Compilation.Compiled(false);
        });

        assertThat(refusal(execute(MODULE))).isInstanceOf(Refusal.EventLogUnavailable.class);
        assertThat(sandbox.runs()).isEmpty();
        assertThat(releases()).containsExactly(Permit.Use.RETURNED);
    }

    @Test
    void letsTheSandboxAskOnceMoreWhetherEventsAreAccepted() {
        sandbox.holdsRuns();
        CompletableFuture<Outcome> outcome = begin(MODULE);
        org.awaitility.Awaitility.await().until(() -> sandbox.runs().size() == 1);
        ScriptedSandbox.HeldRun run = sandbox.runs().get(0);
        assertThat(run.request().start().mayStart().getAsBoolean()).isTrue();

        events.accepts(false);

        assertThat(run.request().start().mayStart().getAsBoolean()).isFalse();
        run.ending().complete(new RunResult.Refused(RunResult.Cause.MAY_NOT_START, "events are refused"));
        assertThat(refusal(join(outcome))).isInstanceOf(Refusal.EventLogUnavailable.class);
        assertThat(events.published()).isEmpty();
        assertThat(releases()).containsExactly(Permit.Use.RETURNED);
    }

    @Test
    void refusesAnUnknownDigestWithoutAskingAdmission() {
        Outcome outcome = join(pipeline.execute(caller, Requests.byDigest("ab".repeat(32)), cancellation));

        assertThat(refusal(outcome)).isEqualTo(new Refusal.ModuleNotFound("ab".repeat(32)));
        assertThat(admission.permits()).isEmpty();
    }

    @Test
    void refusesABadModuleWithoutAskingAdmission() {
        assertThat(refusal(execute(BAD_MODULE))).isEqualTo(new Refusal.ModuleRefused("MODULE_BAD", "not a module"));
        assertThat(admission.permits()).isEmpty();
        assertThat(sandbox.compiled()).isEmpty();
    }

    @Test
    void refusesAModuleThatStartsAboveTheMemoryLimitWithoutAskingAdmission() {
        assertThat(refusal(execute(GREEDY_MODULE)))
                .isEqualTo(new Refusal.MemoryMinimumAboveLimit(4096L * 65_536, 2048L * 65_536));
        assertThat(admission.permits()).isEmpty();
    }

    @Test
    void tellsWhatAdmissionSays() {
        Admission.Refused no = new Admission.ConcurrencySpent("Free", 2, Duration.ofSeconds(1));
        admission.refuses(no);

        assertThat(refusal(execute(MODULE))).isEqualTo(new Refusal.NotAdmitted(no));
        assertThat(sandbox.compiled()).isEmpty();
    }

    @Test
    void returnsTheUnitWhenTheEngineDoesNotTakeTheModule() {
        sandbox.compilesTo(module -> new Compilation.Rejected("too odd"));

        assertThat(refusal(execute(MODULE)))
                .isEqualTo(new Refusal.ModuleRefused("MODULE_REJECTED_BY_ENGINE", "too odd"));
        assertThat(releases()).containsExactly(Permit.Use.RETURNED);
    }

    @Test
    void returnsTheUnitWhenTheAccountKeepsAsManyModulesAsItMay() {
        execute(module(1));
        execute(module(2));

        assertThat(refusal(execute(module(3)))).isEqualTo(new Refusal.ModuleLimitReached(2));
        assertThat(sandbox.compiled()).as("nothing is compiled in vain").hasSize(2);
        assertThat(releases()).containsExactly(Permit.Use.SPENT, Permit.Use.SPENT, Permit.Use.RETURNED);
    }

    @ParameterizedTest
    @EnumSource(RunResult.Cause.class)
    void returnsTheUnitWhenTheRunNeverStarted(RunResult.Cause cause) {
        sandbox.endsAs(new RunResult.Refused(cause, "because"));

        assertThat(execute(MODULE)).isInstanceOf(Outcome.Refused.class);
        assertThat(releases()).containsExactly(Permit.Use.RETURNED);
        assertThat(events.published()).isEmpty();
    }

    @Test
    void recordsAndChargesATrap() {
        sandbox.endsAs(ScriptedSandbox.ran(
                new RunResult.End.Trapped(TrapKind.UNREACHABLE, "unreachable", List.of("main (function 1)")), "o", ""));

        Outcome.Completed completed = completed(execute(MODULE));

        assertThat(completed.message()).startsWith("the module trapped: unreachable; ");
        assertThat(completed.backtrace()).containsExactly("main (function 1)");
        assertThat(completed.receipt().trap()).contains(TrapKind.UNREACHABLE);
        assertThat(completed.receipt().exitCode()).isEmpty();
        assertThat(completed.receipt().charged()).isTrue();
        assertThat(releases()).containsExactly(Permit.Use.SPENT);
    }

    @Test
    void returnsTheUnitOfACrashOnceItsEventIsResolved() {
        sandbox.endsAs(ScriptedSandbox.ran(new RunResult.End.Crashed("signal 11"), "", ""));
        CompletableFuture<Publication> acknowledgement = new CompletableFuture<>();
        events.answers(acknowledgement);

        CompletableFuture<Outcome> outcome = begin(MODULE);
        org.awaitility.Awaitility.await().until(() -> events.published().size() == 1);

        assertThat(releases()).isEmpty();
        acknowledgement.complete(Publication.DURABLE);
        assertThat(completed(join(outcome)).receipt().charged()).isFalse();
        assertThat(releases()).containsExactly(Permit.Use.RETURNED);
    }

    @Test
    void keepsTheUnitOfACrashWhoseEventIsUnresolved() {
        sandbox.endsAs(ScriptedSandbox.ran(new RunResult.End.Crashed("signal 11"), "", ""));
        events.answers(Publication.UNRESOLVED);

        assertThat(refusal(execute(MODULE))).isInstanceOf(Refusal.OutcomeUnknown.class);
        assertThat(releases()).containsExactly(Permit.Use.SPENT);
    }

    @Test
    void doesNotKnowTheOutcomeOfARunWhoseLeaseMayHaveEndedBeforeItsEvent() {
        admission.leaseOpen(false);

        assertThat(refusal(execute(MODULE))).isInstanceOf(Refusal.OutcomeUnknown.class);
        assertThat(releases()).containsExactly(Permit.Use.SPENT);
    }

    @Test
    void knowsTheOutcomeOfAnUnchargedRunWhateverBecameOfItsLease() {
        admission.leaseOpen(false);
        sandbox.endsAs(ScriptedSandbox.ran(new RunResult.End.Crashed("signal 11"), "", ""));

        assertThat(completed(execute(MODULE)).receipt().charged()).isFalse();
        assertThat(releases()).containsExactly(Permit.Use.RETURNED);
    }

    @ParameterizedTest
    @EnumSource(
            value = Publication.class,
            names = {"REFUSED", "UNRESOLVED"})
    void doesNotKnowTheOutcomeOfARunWhoseEventIsNotDurable(Publication publication) {
        events.answers(publication);

        Outcome outcome = execute(MODULE);

        assertThat(refusal(outcome))
                .isEqualTo(new Refusal.OutcomeUnknown(admission.permits().get(0).executionId()));
        assertThat(releases()).containsExactly(Permit.Use.SPENT);
    }

    @Test
    void doesNotReplyBeforeTheEventIsDurable() {
        CompletableFuture<Publication> acknowledgement = new CompletableFuture<>();
        events.answers(acknowledgement);

        CompletableFuture<Outcome> outcome = begin(MODULE);
        org.awaitility.Awaitility.await().until(() -> events.published().size() == 1);

        assertThat(outcome).isNotDone();
        assertThat(releases()).isEmpty();
        acknowledgement.complete(Publication.DURABLE);
        assertThat(join(outcome)).isInstanceOf(Outcome.Completed.class);
    }

    @Test
    void beginsNothingForACallThatIsCancelledAlready() {
        cancellation.cancel();

        assertThat(refusal(execute(MODULE))).isEqualTo(new Refusal.Cancelled());
        assertThat(admission.permits()).isEmpty();
    }

    @Test
    void returnsTheUnitOfACallCancelledWhileItsModuleIsMadeReady() {
        sandbox.compilesTo(module -> {
            cancellation.cancel();
            return new Compilation.Compiled(false);
        });

        assertThat(refusal(execute(MODULE))).isEqualTo(new Refusal.Cancelled());
        assertThat(sandbox.runs()).isEmpty();
        assertThat(releases()).containsExactly(Permit.Use.RETURNED);
    }

    @Test
    void stopsAndRecordsARunWhoseClientWentAway() {
        sandbox.holdsRuns();
        CompletableFuture<Outcome> outcome = begin(MODULE);
        org.awaitility.Awaitility.await().until(() -> sandbox.runs().size() == 1);

        cancellation.cancel();

        assertThat(completed(join(outcome)).receipt().status()).isEqualTo(ExecutionStatus.CANCELLED);
        assertThat(events.published()).hasSize(1);
        assertThat(releases()).containsExactly(Permit.Use.SPENT);
    }

    @Test
    void returnsTheUnitWhenTheSandboxFailsUnexpectedly() {
        sandbox.failsWith(new IllegalStateException("boom"));

        assertThatThrownBy(() -> execute(MODULE)).hasRootCauseMessage("boom");
        assertThat(releases()).containsExactly(Permit.Use.RETURNED);
        assertThat(inFlight.count()).isZero();
    }

    @Test
    void spendsTheUnitWhenPublishingFailsUnexpectedly() {
        events.answers(CompletableFuture.failedFuture(new IllegalStateException("boom")));

        assertThatThrownBy(() -> execute(MODULE)).hasRootCauseMessage("boom");
        assertThat(releases()).containsExactly(Permit.Use.SPENT);
    }

    @Test
    void saysSoWhenTheDatabaseIsAway() {
        store.failsWith(new IllegalStateException(new SQLTransientConnectionException("pool timed out")));

        assertThat(refusal(execute(MODULE))).isInstanceOf(Refusal.DatabaseUnavailable.class);
        assertThat(admission.permits()).isEmpty();
    }

    @Test
    void runsWhatIsCachedWhileTheDatabaseIsAway() {
        execute(MODULE);
        store.failsWith(new IllegalStateException(new SQLTransientConnectionException("pool timed out")));

        assertThat(execute(MODULE)).isInstanceOf(Outcome.Completed.class);
    }

    private static ModuleInspection inspect(byte[] module) {
        if (module.length == BAD_MODULE.length) {
            return new ModuleInspection.Refused("MODULE_BAD", "not a module");
        }
        long pages = module.length == GREEDY_MODULE.length ? 4096 : 1;
        return new ModuleInspection.Accepted(SampleFindings.withPages(pages));
    }

    private static byte[] module(int seed) {
        return new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0, 0, (byte) seed};
    }

    private Outcome execute(byte[] module) {
        return join(begin(module));
    }

    private CompletableFuture<Outcome> begin(byte[] module) {
        return pipeline.execute(caller, Requests.inline(module), cancellation).toCompletableFuture();
    }

    private static Outcome join(java.util.concurrent.CompletionStage<Outcome> outcome) throws CompletionException {
        return outcome.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    }

    private List<Permit.Use> releases() {
        return admission.permits().stream()
                .flatMap(permit -> permit.releases().stream())
                .toList();
    }

    private static Outcome.Completed completed(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Completed.class);
        return (Outcome.Completed) outcome;
    }

    private static Refusal refusal(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused) outcome).refusal();
    }
}

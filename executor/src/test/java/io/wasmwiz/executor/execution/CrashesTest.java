package io.wasmwiz.executor.execution;

import static io.wasmwiz.executor.execution.PipelineFixture.module;
import static io.wasmwiz.executor.execution.PipelineFixture.receipt;
import static io.wasmwiz.executor.execution.PipelineFixture.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.executor.admission.CountingAdmission;
import io.wasmwiz.executor.admission.Permit;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.events.ExecutionRecord;
import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.ScriptedSandbox;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What crashes cost, and what becomes of modules that crash again and again; two crashes a day are free here. */
class CrashesTest {
    private static final RunResult CRASH = ScriptedSandbox.ran(new RunResult.End.Crashed("signal 11"), "", "");
    private static final Duration WINDOW = Requests.CRASHES.quarantineWindow();
    private static final Duration QUARANTINE = Requests.CRASHES.quarantineTime();

    private final PipelineFixture pipeline = new PipelineFixture(Requests.CRASHES);
    private final Caller caller = pipeline.caller;
    private final Caller other = Requests.caller();

    @AfterEach
    void close() {
        pipeline.close();
    }

    @Test
    void chargesCrashesBeyondTheFreeOnesOfAnAccountAndDay() {
        assertThat(crash(caller, 1).charged()).isFalse();
        assertThat(crash(caller, 2).charged()).isFalse();
        assertThat(crash(caller, 3).charged()).isTrue();
        assertThat(crash(other, 1).charged()).as("another account").isFalse();
        pipeline.admission.admitsAt(CountingAdmission.ADMITTED_AT.plus(1, ChronoUnit.DAYS));
        assertThat(crash(caller, 4).charged()).as("another day").isFalse();

        assertThat(pipeline.events.published())
                .extracting(ExecutionRecord::charged)
                .as("the event says what the receipt says")
                .containsExactly(false, false, true, false, false);
        assertThat(pipeline.events.published())
                .extracting(ExecutionRecord::status)
                .containsOnly(ExecutionStatus.SANDBOX_CRASHED);
        assertThat(pipeline.releases())
                .containsExactly(
                        Permit.Use.RETURNED,
                        Permit.Use.RETURNED,
                        Permit.Use.SPENT,
                        Permit.Use.RETURNED,
                        Permit.Use.RETURNED);
    }

    @Test
    void countsTheDayOfTheLeaseInUtc() {
        pipeline.admission.admitsAt(Instant.parse("2026-03-01T23:59:59.999999Z"));
        crash(caller, 1);
        crash(caller, 2);
        assertThat(crash(caller, 3).charged()).isTrue();

        pipeline.admission.admitsAt(Instant.parse("2026-03-02T00:00:00Z"));

        assertThat(crash(caller, 4).charged()).isFalse();
    }

    @Test
    void chargesEveryCrashWhereNoneIsFree() {
        try (PipelineFixture strict = new PipelineFixture(new CrashConfig(0, 3, WINDOW, QUARANTINE))) {
            strict.sandbox.endsAs(CRASH);

            assertThat(receipt(strict.execute(caller, module(1))).charged()).isTrue();
        }
    }

    @Test
    void refusesAModuleThatKeepsCrashingForAWhileAndNoOther() {
        crash(caller, 1);
        crash(caller, 1);
        crash(caller, 1);
        int admitted = pipeline.admission.permits().size();

        Refusal refusal = refusal(pipeline.execute(caller, module(1)));

        assertThat(refusal)
                .isEqualTo(
                        new Refusal.ModuleQuarantined(ModuleDigest.of(module(1)).toString(), 3, QUARANTINE));
        assertThat(pipeline.admission.permits()).as("it costs nothing").hasSize(admitted);
        assertThat(crash(caller, 2)).as("another module").isNotNull();
        assertThat(crash(other, 1)).as("another account's").isNotNull();
        assertThat(metric("wasmwiz.quarantine.modules")).isEqualTo(1);

        pipeline.nanoTime.addAndGet(QUARANTINE.toNanos() - 1);
        assertThat(refusal(pipeline.execute(caller, module(1)))).isInstanceOf(Refusal.ModuleQuarantined.class);
        pipeline.nanoTime.addAndGet(1);
        assertThat(metric("wasmwiz.quarantine.modules")).isZero();
        crash(caller, 1);
        assertThat(crash(caller, 1))
                .as("crashes before the quarantine do not count")
                .isNotNull();
    }

    @Test
    void forgetsCrashesThatAreLongAgo() {
        crash(caller, 1);
        crash(caller, 1);
        pipeline.nanoTime.addAndGet(WINDOW.toNanos());

        crash(caller, 1);
        crash(caller, 1);

        assertThat(crash(caller, 1)).as("the third in a window").isNotNull();
        assertThat(refusal(pipeline.execute(caller, module(1)))).isInstanceOf(Refusal.ModuleQuarantined.class);
    }

    @Test
    void startsNoRunThatWaitedWhileItsModuleWasPutUnderQuarantine() {
        pipeline.sandbox.holdsRuns();
        CompletableFuture<Outcome> outcome = pipeline.begin(caller, module(1), new Cancellation());
        await().until(() -> pipeline.sandbox.runs().size() == 1);
        ScriptedSandbox.HeldRun waiting = pipeline.sandbox.runs().get(0);
        assertThat(waiting.request().start().mayStart().getAsBoolean()).isTrue();

        crash(caller, 1);
        crash(caller, 1);
        crash(caller, 1);

        assertThat(waiting.request().start().mayStart().getAsBoolean()).isFalse();
        waiting.ending().complete(new RunResult.Refused(RunResult.Cause.MAY_NOT_START, "it may not"));
        assertThat(refusal(outcome.orTimeout(10, TimeUnit.SECONDS).join()))
                .isInstanceOf(Refusal.ModuleQuarantined.class);
        assertThat(pipeline.admission.permits().get(0).releases()).containsExactly(Permit.Use.RETURNED);
    }

    private Receipt crash(Caller who, int module) {
        pipeline.sandbox.endsAs(CRASH);
        return receipt(pipeline.execute(who, module(module)));
    }

    private double metric(String name) {
        return pipeline.metrics.get(name).gauge().value();
    }
}

package io.wasmwiz.executor.execution;

import static io.wasmwiz.executor.execution.PipelineFixture.receipt;
import static io.wasmwiz.executor.execution.PipelineFixture.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.executor.admission.Admission;
import io.wasmwiz.executor.admission.CountingAdmission;
import io.wasmwiz.executor.admission.Permit;
import io.wasmwiz.executor.claims.Claim;
import io.wasmwiz.executor.claims.RequestKey;
import io.wasmwiz.executor.events.ExecutionEvents.Publication;
import io.wasmwiz.executor.events.ExecutionRecord;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.ScriptedSandbox;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of a request id on one executor. */
class RepeatedRequestTest {
    private static final byte[] MODULE = PipelineFixture.module(1);

    private final PipelineFixture executor = new PipelineFixture(Requests.CRASHES);
    private final UUID requestId = UUID.randomUUID();
    private final RequestKey key = new RequestKey(executor.caller.accountId(), requestId);

    @AfterEach
    void close() {
        executor.close();
    }

    @Test
    void runsUnderTheClaimsIdAndSaysSoInReceiptAndEvent() {
        Outcome outcome = execute(MODULE);

        ExecutionRecord event = executor.events.published().get(0);
        assertThat(receipt(outcome)).isEqualTo(Receipt.of(event, 41));
        assertThat(event.requestId()).contains(requestId);
        assertThat(event.executionId())
                .isNotEqualTo(executor.admission.permits().get(0).executionId());
        assertThat(event.charged()).isTrue();
        assertThat(isRepeat(outcome)).isFalse();
    }

    @Test
    void asksNoStoreForARequestWithoutAnId() {
        receipt(executor.execute(executor.caller, MODULE));

        assertThat(executor.claims.batches()).isEmpty();
    }

    @Test
    void answersARepeatWithoutARunFromWhatItKept() {
        Outcome first = execute(MODULE);
        Outcome repeat = execute(MODULE);

        assertThat(isRepeat(repeat)).isTrue();
        assertThat(receipt(repeat)).isEqualTo(receipt(first));
        assertThat(executor.sandbox.runs()).hasSize(1);
        assertThat(executor.claims.batches()).containsExactly(1);
    }

    @Test
    void letsARepeatJoinTheRunInProgress() {
        executor.sandbox.holdsRuns();
        CompletableFuture<Outcome> first = begin(MODULE, new Cancellation());
        awaitRuns(1);
        CompletableFuture<Outcome> repeat = begin(MODULE, new Cancellation());
        awaitJoined();

        executor.sandbox.runs().get(0).ending().complete(ScriptedSandbox.exited(0, "out", ""));

        assertThat(receipt(end(repeat))).isEqualTo(receipt(end(first)));
        assertThat(isRepeat(end(repeat))).isTrue();
        assertThat(executor.sandbox.runs()).hasSize(1);
        assertThat(executor.admission.permits()).hasSize(1);
    }

    @Test
    void stopsARunOnlyWhenNobodyWaitsForItAnyMoreAndThenRunsAgain() {
        executor.sandbox.holdsRuns();
        Cancellation firstCall = new Cancellation();
        Cancellation secondCall = new Cancellation();
        CompletableFuture<Outcome> first = begin(MODULE, firstCall);
        awaitRuns(1);
        CompletableFuture<Outcome> second = begin(MODULE, secondCall);
        awaitJoined();

        firstCall.cancel();
        assertThat(executor.sandbox.runs().get(0).ending()).isNotDone();
        secondCall.cancel();

        assertThat(receipt(end(first)).status()).isEqualTo(ExecutionStatus.CANCELLED);
        assertThat(end(second)).isInstanceOf(Outcome.Completed.class);
        CompletableFuture<Outcome> third = begin(MODULE, new Cancellation());
        awaitRuns(2);
        executor.sandbox.runs().get(1).ending().complete(ScriptedSandbox.exited(0, "out", ""));
        assertThat(receipt(end(third)).status()).isEqualTo(ExecutionStatus.COMPLETED);
        assertThat(receipt(end(third)).executionId())
                .isEqualTo(receipt(end(first)).executionId());
    }

    @Test
    void refusesOtherContentWhetherTheFirstIsKeptOrNot() {
        execute(MODULE);
        assertThat(refusal(execute(PipelineFixture.module(2)))).isEqualTo(refused(Claim.Reason.OTHER_CONTENT));

        executor.forgetAnswers();

        assertThat(refusal(execute(PipelineFixture.module(2)))).isEqualTo(refused(Claim.Reason.OTHER_CONTENT));
        assertThat(executor.sandbox.runs()).hasSize(1);
    }

    @Test
    void runsAPaidRequestAgainWithoutALeaseAndWithoutCharge() {
        UUID executionId = receipt(execute(MODULE)).executionId();
        Claim.Payment payment = new Claim.Payment(UUID.randomUUID(), CountingAdmission.ADMITTED_AT.plusSeconds(9));
        executor.claims.charge(executionId, payment);
        executor.forgetAnswers();
        executor.admission.refuses(new Admission.Overloaded(1, Duration.ofSeconds(1)));

        Outcome repeat = execute(MODULE);

        ExecutionRecord event = executor.events.published().get(1);
        assertThat(event.executionId()).isEqualTo(executionId);
        assertThat(event.charged()).isFalse();
        assertThat(event.leaseId()).isEqualTo(payment.leaseId());
        assertThat(event.admittedAt()).isEqualTo(payment.admittedAt());
        assertThat(isRepeat(repeat)).isTrue();
    }

    @Test
    void runsAgainAndPaysAfterACrashThatWasNotCharged() {
        executor.sandbox.endsAs(ScriptedSandbox.ran(new RunResult.End.Crashed("it died"), "", ""));
        Receipt crashed = receipt(execute(MODULE));
        executor.sandbox.endsAs(ScriptedSandbox.exited(0, "out", ""));

        Receipt repeat = receipt(execute(MODULE));

        assertThat(crashed.charged()).isFalse();
        assertThat(repeat.charged()).isTrue();
        assertThat(repeat.executionId()).isEqualTo(crashed.executionId());
        assertThat(executor.releases()).containsExactly(Permit.Use.RETURNED, Permit.Use.SPENT);
    }

    @Test
    void keepsNoAnswerWhoseEventMayBeLost() {
        executor.events.answers(Publication.UNRESOLVED);
        assertThat(refusal(execute(MODULE))).isInstanceOf(Refusal.OutcomeUnknown.class);
        executor.events.answers(Publication.DURABLE);

        Receipt repeat = receipt(execute(MODULE));

        assertThat(executor.events.published())
                .hasSize(2)
                .allMatch(event -> event.executionId().equals(repeat.executionId()) && event.charged());
        assertThat(executor.claims.attempts(key)).isEqualTo(2);
    }

    @Test
    void countsNoAttemptInWhichNothingRan() {
        executor.admission.refuses(new Admission.Overloaded(1, Duration.ofSeconds(1)));

        assertThat(refusal(execute(MODULE))).isInstanceOf(Refusal.NotAdmitted.class);

        await().untilAsserted(() -> assertThat(executor.claims.attempts(key)).isZero());
    }

    @Test
    void doesNotRunWithALeaseOfAnotherDayThanTheClaims() {
        executor.admission.admitsAt(CountingAdmission.ADMITTED_AT.plus(Duration.ofDays(1)));

        assertThat(refusal(execute(MODULE))).isEqualTo(refused(Claim.Reason.SETTLING));

        assertThat(executor.sandbox.runs()).isEmpty();
        assertThat(executor.releases()).containsExactly(Permit.Use.RETURNED);
    }

    private Outcome execute(byte[] module) {
        return end(begin(module, new Cancellation()));
    }

    private CompletableFuture<Outcome> begin(byte[] module, Cancellation cancellation) {
        return executor.begin(executor.caller, Requests.withId(module, requestId), cancellation);
    }

    private static Outcome end(CompletableFuture<Outcome> call) {
        return call.orTimeout(10, TimeUnit.SECONDS).join();
    }

    private void awaitRuns(int count) {
        await().until(() -> executor.sandbox.runs().size() == count);
    }

    private void awaitJoined() {
        await().until(() -> executor.metrics
                        .get("wasmwiz.requests.repeated")
                        .tag("how", "joined")
                        .counter()
                        .count()
                == 1);
    }

    private static boolean isRepeat(Outcome outcome) {
        return outcome instanceof Outcome.Completed completed && completed.isRepeat();
    }

    private static Refusal refused(Claim.Reason reason) {
        return new Refusal.RequestIdRefused(reason, ExecutionPipeline.SETTLING_RETRY_AFTER);
    }
}

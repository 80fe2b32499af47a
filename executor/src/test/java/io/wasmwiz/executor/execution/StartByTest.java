package io.wasmwiz.executor.execution;

import static io.wasmwiz.executor.execution.PipelineFixture.module;
import static io.wasmwiz.executor.execution.PipelineFixture.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.executor.admission.Permit;
import io.wasmwiz.executor.refusal.Refusal;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.StartConditions;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Until when a run may start, and what its caller is told when it could not; the longest wait is 10 s here. */
class StartByTest {
    private static final long NOW = Long.MAX_VALUE - 5;
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final PipelineFixture pipeline = new PipelineFixture(Requests.CRASHES);

    StartByTest() {
        pipeline.nanoTime.set(NOW);
        pipeline.admission.endsLeasesAt(NOW + 300 * SECOND);
    }

    @AfterEach
    void close() {
        pipeline.close();
    }

    @Test
    void isTheEndOfTheLongestWait() {
        assertThat(startWith(OptionalLong.of(NOW + 11 * SECOND)).startByNanos()).isEqualTo(NOW + 10 * SECOND);
        assertThat(endsLate(OptionalLong.of(NOW + 11 * SECOND)))
                .isEqualTo(new Refusal.ServerBusy("sandbox", Duration.ofSeconds(1)));
    }

    @Test
    void isTheUseByOfTheLease() {
        pipeline.admission.endsLeasesAt(NOW + 9 * SECOND);

        assertThat(startWith(OptionalLong.empty()).startByNanos()).isEqualTo(NOW + 9 * SECOND);
        assertThat(endsLate(OptionalLong.empty())).isEqualTo(new Refusal.ServerBusy("sandbox", Duration.ofSeconds(1)));
    }

    @Test
    void isTheDeadlineOfTheClient() {
        assertThat(startWith(OptionalLong.of(NOW + SECOND)).startByNanos()).isEqualTo(NOW + SECOND);
        assertThat(endsLate(OptionalLong.of(NOW + SECOND))).isEqualTo(new Refusal.DeadlinePassed());
    }

    @Test
    void returnsTheUnitOfARunThatCouldNotStartInTimeAndRecordsNothing() {
        endsLate(OptionalLong.empty());

        assertThat(pipeline.releases()).containsExactly(Permit.Use.RETURNED);
        assertThat(pipeline.events.published()).isEmpty();
    }

    @Test
    void tellsTheSandboxHowManyRunsTheTierAllowsAtOnce() {
        assertThat(startWith(OptionalLong.empty()).accountConcurrency()).isEqualTo(Requests.FREE.maxConcurrency());
    }

    /** The conditions of a run whose client set {@code deadline}. */
    private StartConditions startWith(OptionalLong deadline) {
        int before = pipeline.sandbox.runs().size();
        CompletableFuture<Outcome> unused = pipeline.begin(pipeline.caller, module(1), new Cancellation(deadline));
        await().until(() -> pipeline.sandbox.runs().size() > before);
        return pipeline.sandbox.runs().get(before).request().start();
    }

    private Refusal endsLate(OptionalLong deadline) {
        pipeline.sandbox.endsAs(new RunResult.Refused(RunResult.Cause.START_BY_PASSED, "too late"));
        return refusal(pipeline.begin(pipeline.caller, module(1), new Cancellation(deadline))
                .orTimeout(10, TimeUnit.SECONDS)
                .join());
    }
}

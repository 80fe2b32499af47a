package io.wasmwiz.executor.execution;

import static io.wasmwiz.executor.execution.PipelineFixture.module;
import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.admission.Permit.Use;
import io.wasmwiz.executor.events.ExecutionEvents.Publication;
import io.wasmwiz.executor.sandbox.RunResult;
import io.wasmwiz.executor.sandbox.RunResult.Cause;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.ScriptedSandbox;
import io.wasmwiz.executor.sandbox.TrapKind;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The charging rules, a row each: what a run costs, and what becomes of the unit that its permit took. */
class ChargingTest {
    /** One free crash a day; modules are never put under quarantine. */
    private static final CrashConfig CRASHES = new CrashConfig(1, 100, Duration.ofMinutes(10), Duration.ofMinutes(30));

    private final PipelineFixture pipeline = new PipelineFixture(CRASHES);

    record Row(RunResult.Ran ran, ExecutionStatus status, boolean charged) {
        @Override
        public String toString() {
            return ran.end() + (ran.refusedGrowths() > 0 ? " after a refused growth" : "") + ": " + status
                    + (charged ? ", charged" : ", not charged");
        }
    }

    static Stream<Row> ends() {
        End trap = new End.Trapped(TrapKind.UNREACHABLE, "");
        return Stream.of(
                row(new End.Exited(0), 0, ExecutionStatus.COMPLETED, true),
                row(new End.Exited(0), 1, ExecutionStatus.COMPLETED, true),
                row(new End.Exited(3), 0, ExecutionStatus.FAILED, true),
                row(new End.Exited(3), 1, ExecutionStatus.MEMORY_LIMIT, true),
                row(trap, 0, ExecutionStatus.TRAPPED, true),
                row(trap, 1, ExecutionStatus.MEMORY_LIMIT, true),
                row(new End.TimedOut(), 0, ExecutionStatus.TIMED_OUT, true),
                row(new End.Cancelled(), 0, ExecutionStatus.CANCELLED, true),
                row(new End.Crashed("signal 11"), 0, ExecutionStatus.SANDBOX_CRASHED, false));
    }

    @AfterEach
    void close() {
        pipeline.close();
    }

    @ParameterizedTest
    @MethodSource("ends")
    void whatRanOnTheGuestsAccountIsChargedAndOurFaultIsNot(Row row) {
        pipeline.sandbox.endsAs(row.ran());

        Receipt receipt = PipelineFixture.receipt(execute());

        assertThat(receipt.status()).isEqualTo(row.status());
        assertThat(receipt.charged()).isEqualTo(row.charged());
        assertThat(pipeline.releases()).containsExactly(row.charged() ? Use.SPENT : Use.RETURNED);
    }

    @Test
    void everyStatusHasARow() {
        assertThat(ends().map(Row::status)).contains(ExecutionStatus.values());
        Stream<Class<?>> tested = ends().map(row -> row.ran().end().getClass());
        assertThat(tested).contains(End.class.getPermittedSubclasses());
    }

    @Test
    void crashesBeyondTheFreeOnesOfADayAreCharged() {
        pipeline.sandbox.endsAs(ScriptedSandbox.ran(new End.Crashed("signal 11"), "", ""));

        List<Boolean> charged = Stream.generate(
                        () -> PipelineFixture.receipt(execute()).charged())
                .limit(3)
                .toList();

        assertThat(charged).containsExactly(false, true, true);
        assertThat(pipeline.releases()).containsExactly(Use.RETURNED, Use.SPENT, Use.SPENT);
    }

    @ParameterizedTest
    @EnumSource(Cause.class)
    void whatNeverStartedIsNotChargedAndLeavesNoEvent(Cause cause) {
        pipeline.sandbox.endsAs(new RunResult.Refused(cause, "no"));

        PipelineFixture.refusal(execute());

        assertThat(pipeline.events.published()).isEmpty();
        assertThat(pipeline.releases()).containsExactly(Use.RETURNED);
    }

    @ParameterizedTest
    @EnumSource(Publication.class)
    void aChargedRunsUnitIsSpentWhateverIsKnownOfItsEvent(Publication publication) {
        pipeline.events.answers(publication);

        execute();

        assertThat(pipeline.releases()).containsExactly(Use.SPENT);
    }

    private Outcome execute() {
        return pipeline.execute(pipeline.caller, module(1));
    }

    private static Row row(End end, int refusedGrowths, ExecutionStatus status, boolean charged) {
        RunResult.Ran ran = ScriptedSandbox.ran(end, "", "");
        return new Row(
                new RunResult.Ran(end, refusedGrowths, ran.stdout(), ran.stderr(), false, false, false, ran.usage()),
                status,
                charged);
    }
}

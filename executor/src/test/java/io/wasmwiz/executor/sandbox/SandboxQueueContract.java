package io.wasmwiz.executor.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.modules.ModuleDigest;
import io.wasmwiz.executor.sandbox.RunResult.Cause;
import io.wasmwiz.executor.sandbox.RunResult.End;
import io.wasmwiz.executor.sandbox.RunResult.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What every {@link SandboxRuntime} of two sandboxes promises to runs that wait for one. */
public abstract class SandboxQueueContract extends SandboxFixture {
    private static final byte[] LOOP = Wat.command("(loop $forever (br $forever))");
    private static final byte[] NOTHING = Wat.command("");
    private static final UUID HOLDER = new UUID(9, 9);
    private static final UUID OTHER = new UUID(1, 2);

    /** Whether every task so far was taken by a sandbox. */
    protected abstract boolean queueIsEmpty();

    @Test
    void takesTurnsBetweenAccounts() {
        // Compiled before, or the other's run would wait for that and not for its turn.
        assertThat(ran(run(ACCOUNT, NOTHING, StartConditions.none())).end()).isEqualTo(new End.Exited(0));
        assertThat(ran(run(OTHER, NOTHING, StartConditions.none())).end()).isEqualTo(new End.Exited(0));
        List<SandboxRun> holders = holdBothSandboxes();
        List<String> order = new CopyOnWriteArrayList<>();
        List<SandboxRun> flood = IntStream.range(0, QUEUE.accountCapacity())
                .mapToObj(i -> noted(order, "flood", run(ACCOUNT, NOTHING, StartConditions.none())))
                .toList();
        SandboxRun other = noted(order, "other", run(OTHER, NOTHING, StartConditions.none()));

        holders.get(0).cancel();

        flood.forEach(run -> assertThat(ran(run).end()).isEqualTo(new End.Exited(0)));
        assertThat(ran(other).end()).isEqualTo(new End.Exited(0));
        assertThat(List.copyOf(order).subList(0, 2)).containsExactly("flood", "other");
        holders.get(1).cancel();
    }

    @Test
    void refusesRunsBeyondAnAccountsShareOfTheQueueAndLeavesTheRestToOthers() {
        List<SandboxRun> runs = new ArrayList<>(holdBothSandboxes());
        for (int i = 0; i < QUEUE.accountCapacity(); i++) {
            runs.add(run(ACCOUNT, LOOP, StartConditions.none()));
        }

        assertThat(cause(run(ACCOUNT, NOTHING, StartConditions.none()))).isEqualTo(Cause.ACCOUNT_QUEUE_FULL);
        for (int i = QUEUE.accountCapacity(); i < QUEUE.capacity(); i++) {
            runs.add(run(OTHER, LOOP, StartConditions.none()));
        }
        assertThat(cause(run(OTHER, NOTHING, StartConditions.none()))).isEqualTo(Cause.QUEUE_FULL);

        runs.forEach(SandboxRun::cancel);
        runs.forEach(SandboxFixture::result);
        assertThat(ran(run(ACCOUNT, NOTHING, StartConditions.none())).end()).isEqualTo(new End.Exited(0));
    }

    @Test
    void startsNoMoreRunsOfAnAccountThanItMay() {
        StartConditions oneAtATime =
                new StartConditions(1, StartConditions.none().startByNanos(), () -> true);
        SandboxRun first = run(ACCOUNT, LOOP, oneAtATime);
        SandboxRun second = run(ACCOUNT, NOTHING, oneAtATime);

        SandboxRun other = run(OTHER, NOTHING, StartConditions.none());

        assertThat(ran(other).end()).isEqualTo(new End.Exited(0));
        assertThat(second.result().toCompletableFuture()).isNotDone();
        first.cancel();
        assertThat(ran(second).end()).isEqualTo(new End.Exited(0));
    }

    @Test
    void refusesARunThatNoSandboxTakesInTime() {
        List<SandboxRun> holders = holdBothSandboxes();

        assertThat(cause(run(ACCOUNT, NOTHING, startBy(Duration.ofMillis(20))))).isEqualTo(Cause.START_BY_PASSED);

        holders.forEach(SandboxRun::cancel);
        assertThat(ran(run(ACCOUNT, NOTHING, startBy(Duration.ofHours(1)))).end())
                .isEqualTo(new End.Exited(0));
    }

    @Test
    void refusesARunThatComesTooLate() {
        assertThat(cause(run(ACCOUNT, NOTHING, startBy(Duration.ofMillis(-1))))).isEqualTo(Cause.START_BY_PASSED);
    }

    @Test
    void refusesARunWhoseStartConditionFailsAndStartsTheNext() {
        // One of the account's at a time, so that a run that stayed in progress would hold up the next.
        long startBy = StartConditions.none().startByNanos();
        SandboxRun failing = run(ACCOUNT, NOTHING, new StartConditions(1, startBy, () -> {
            throw new IllegalStateException("no answer");
        }));

        assertThat(cause(failing)).isEqualTo(Cause.MAY_NOT_START);
        assertThat(ran(run(ACCOUNT, NOTHING, new StartConditions(1, startBy, () -> true)))
                        .end())
                .isEqualTo(new End.Exited(0));
    }

    private List<SandboxRun> holdBothSandboxes() {
        List<SandboxRun> holders =
                List.of(run(HOLDER, LOOP, StartConditions.none()), run(HOLDER, LOOP, StartConditions.none()));
        Awaitility.await().atMost(30, TimeUnit.SECONDS).until(this::queueIsEmpty);
        return holders;
    }

    private SandboxRun run(UUID accountId, byte[] wasm, StartConditions start) {
        RunLimits limits = new RunLimits(Duration.ofMinutes(5), 64, 1 << 20, 1 << 18);
        ModuleCode module = new ModuleCode(accountId, ModuleDigest.of(wasm), wasm);
        return sandbox.run(new RunRequest(module, new byte[0], List.of(), Map.of(), limits, start));
    }

    private static SandboxRun noted(List<String> order, String name, SandboxRun run) {
        run.result().thenRun(() -> order.add(name));
        return run;
    }

    private static StartConditions startBy(Duration fromNow) {
        return new StartConditions(Integer.MAX_VALUE, System.nanoTime() + fromNow.toNanos(), () -> true);
    }

    private static Cause cause(SandboxRun run) {
        RunResult result = result(run);
        assertThat(result).isInstanceOf(Refused.class);
        return ((Refused) result).cause();
    }
}

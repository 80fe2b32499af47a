package io.wasmwiz.executor.sandbox.process;

import io.wasmwiz.executor.sandbox.Compilation;
import io.wasmwiz.executor.sandbox.ModuleCode;
import io.wasmwiz.executor.sandbox.queue.FairQueue;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A module on its way to a compiler and back. */
final class CompileJob extends Job {
    /** What came of it, and if nothing did, why. */
    record Outcome(Compilation compilation, FairQueue.Offer offer) {}

    /** A compiler that had less of its time than one part in so many was kept from it by the machine, not by the module. */
    private static final int STARVED_PARTS = 4;

    private final CompletableFuture<Outcome> result = new CompletableFuture<>();
    private final CodeCache code;
    private final Duration timeout;
    private final long startByNanos;
    private final Predicate<CompileJob> again;
    private volatile @Nullable Duration cpuAtStart;
    private volatile boolean repeated;

    /** @param again offers it to another compiler; false when there is no room */
    CompileJob(ModuleCode module, CodeCache code, Duration timeout, long startByNanos, Predicate<CompileJob> again) {
        super(module);
        this.code = code;
        this.timeout = timeout;
        this.startByNanos = startByNanos;
        this.again = again;
    }

    CompletableFuture<Outcome> result() {
        return result;
    }

    /** One module of an account at a time, so that one that takes the whole time-out holds one compiler. */
    @Override
    public int accountConcurrency() {
        return 1;
    }

    @Override
    public long startByNanos() {
        return startByNanos;
    }

    @Override
    boolean mayStart() {
        if (startByNanos - System.nanoTime() <= 0) {
            refuse(FairQueue.Offer.LATE);
        }
        return !result.isDone();
    }

    @Override
    void write(FrameWriter out, boolean known) throws IOException {
        out.begin(Frame.COMPILE, number());
        RunCodec.writeKey(out, module());
        out.put(module().bytes()).end();
    }

    @Override
    long patienceNanos() {
        return timeout.toNanos();
    }

    @Override
    void started(SandboxProcess where) {
        cpuAtStart = where.cpuTime().orElse(null);
    }

    /** Compiling is measured by the clock, which goes on while a machine has no time for the compiler. */
    @Override
    Death.Kill overdue(SandboxProcess where) {
        Duration before = cpuAtStart;
        boolean starved = before != null
                && where.cpuTime()
                        .map(now ->
                                now.minus(before).multipliedBy(STARVED_PARTS).compareTo(timeout) < 0)
                        .orElse(false);
        return starved ? Death.Kill.STARVED : Death.Kill.TIMED_OUT;
    }

    @Override
    long answerBytes() {
        return RunCodec.RESULT_BYTES;
    }

    @Override
    Runnable answered(FrameReader answer, int slot, long sentNanos) throws IOException {
        Compilation compilation = RunCodec.readCompilation(answer);
        boolean lost = compilation instanceof Compilation.Compiled && !code.keep(key(), slot);
        Compilation outcome =
                lost ? new Compilation.Unavailable("the module's code could not be written to disk") : compilation;
        return () -> finish(outcome);
    }

    /** A compiler that was killed from outside has its module compiled by another, once. */
    @Override
    void died(Death.Kill kill, Death death, long sentNanos, long startedNanos) {
        if (death.isFromOutside() && !repeated) {
            repeated = true;
            if (!again.test(this)) {
                unavailable("the compiler was killed, and there is no room before the next");
            }
            return;
        }
        finish(
                switch (kill) {
                    case TIMED_OUT ->
                        new Compilation.Rejected("compiling the module takes longer than " + timeout.toMillis()
                                + " ms: make it smaller, or split its largest functions");
                    case STARVED -> new Compilation.Unavailable("the machine is too busy to compile the module");
                    case CLOSED, RETIRED -> new Compilation.Unavailable("the sandbox is closing");
                    default ->
                        new Compilation.Rejected("the compiler did not survive the module: " + death.detail()
                                + "; make its functions smaller, with fewer locals and blocks");
                });
    }

    @Override
    void refuse(FairQueue.Offer why) {
        Compilation refused = new Compilation.Unavailable(
                switch (why) {
                    case ACCEPTED -> throw new IllegalArgumentException("it was accepted");
                    case FULL -> "the queue before the compiler is full";
                    case ACCOUNT_FULL -> "the account's share of the queue before the compiler is full";
                    case LATE -> "it waited too long before the compiler";
                    case CLOSED -> "the sandbox is closing";
                });
        boolean unused = result.complete(new Outcome(refused, why));
    }

    /** Gives it up for a reason that is not the module's. */
    void unavailable(String message) {
        finish(new Compilation.Unavailable(message));
    }

    private void finish(Compilation compilation) {
        boolean unused = result.complete(new Outcome(compilation, FairQueue.Offer.ACCEPTED));
    }
}

package io.wasmwiz.executor.execution;

import static java.util.concurrent.CompletableFuture.completedFuture;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.claims.Claim;
import io.wasmwiz.executor.claims.ClaimsConfig;
import io.wasmwiz.executor.claims.ContentHash;
import io.wasmwiz.executor.claims.RequestKey;
import io.wasmwiz.executor.refusal.Refusal;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

/**
 * Repeats of a request on one executor: those that come while it is in progress join it, those that come soon after are
 * given the answer that it kept. What is in progress is bounded by the calls in progress, what is kept by bytes, number and
 * time. Thread-safe.
 */
public final class Repeats {
    /** What an answer takes beside its output. */
    private static final int OVERHEAD_BYTES = 2_048;

    private final ConcurrentMap<RequestKey, InProgress> inProgress = new ConcurrentHashMap<>();
    private final Cache<RequestKey, Answered> answers;
    private final Counter joined;
    private final Counter answered;

    private record Answered(ContentHash content, Outcome.Completed outcome) {
        int bytes() {
            int traceBytes =
                    outcome.backtrace().stream().mapToInt(String::length).sum();
            return OVERHEAD_BYTES + outcome.stdout().length + outcome.stderr().length + 2 * traceBytes;
        }
    }

    /** Keeps nothing yet; {@code config} is checked by the caller. */
    public Repeats(ClaimsConfig config, Ticker ticker, MeterRegistry metrics) {
        // No entry weighs less than its share, so both bounds hold.
        long share = Math.min(Integer.MAX_VALUE, config.cacheBytes() / config.cacheEntries());
        this.answers = Caffeine.newBuilder()
                .maximumWeight(config.cacheBytes())
                .weigher((RequestKey key, Answered answer) -> Math.max((int) share, answer.bytes()))
                .expireAfterWrite(config.cacheTime())
                .ticker(ticker)
                .executor(Runnable::run)
                .build();
        this.joined = counter(metrics, "joined");
        this.answered = counter(metrics, "kept");
    }

    private static Counter counter(MeterRegistry metrics, String how) {
        return Counter.builder("wasmwiz.requests.repeated")
                .description("Repeats of a request id that were answered without a run")
                .tag("how", how)
                .register(metrics);
    }

    /**
     * The outcome of a request: of {@code run}, unless this executor has it or is about to.
     *
     * @param caller's own; the run is cancelled when all who wait for it have cancelled
     */
    CompletionStage<Outcome> once(
            RequestKey key,
            ContentHash content,
            Cancellation caller,
            Function<Cancellation, CompletionStage<Outcome>> run) {
        InProgress mine = new InProgress(content);
        InProgress other = inProgress.putIfAbsent(key, mine);
        if (other != null) {
            return join(other, key, content, caller, run);
        }
        // Looked up only now: whoever ended before kept its answer before it made room.
        Answered kept = answers.getIfPresent(key);
        if (kept != null) {
            Outcome outcome = kept.content().equals(content) ? kept.outcome().repeated() : reused();
            answered.increment();
            mine.end(() -> inProgress.remove(key, mine), outcome);
            return completedFuture(outcome);
        }
        mine.join(caller);
        CompletionStage<Outcome> running;
        try {
            running = run.apply(mine.cancellation);
        } catch (RuntimeException e) {
            running = CompletableFuture.failedFuture(e);
        }
        running.whenComplete((outcome, failure) -> {
            if (failure != null) {
                inProgress.remove(key, mine);
                mine.outcome.completeExceptionally(failure);
                return;
            }
            if (outcome instanceof Outcome.Completed completed && isLasting(completed)) {
                answers.put(key, new Answered(content, completed));
            }
            mine.end(() -> inProgress.remove(key, mine), outcome);
        });
        return mine.outcome;
    }

    private CompletionStage<Outcome> join(
            InProgress other,
            RequestKey key,
            ContentHash content,
            Cancellation caller,
            Function<Cancellation, CompletionStage<Outcome>> run) {
        if (!other.content.equals(content)) {
            return completedFuture(reused());
        }
        if (other.join(caller)) {
            joined.increment();
            return other.outcome.thenApply(
                    outcome -> outcome instanceof Outcome.Completed completed ? completed.repeated() : outcome);
        }
        // Nobody waited for it any more and it is being stopped: it ends first.
        return other.outcome.handle((outcome, failure) -> true).thenCompose(ended -> once(key, content, caller, run));
    }

    /** Whether running again would only cost: not what was stopped by its client, nor what is not charged yet. */
    private static boolean isLasting(Outcome.Completed completed) {
        Receipt receipt = completed.receipt();
        return (receipt.charged() || completed.isRepeat())
                && receipt.status() != ExecutionStatus.CANCELLED
                && receipt.status() != ExecutionStatus.SANDBOX_CRASHED;
    }

    private static Outcome reused() {
        return new Outcome.Refused(
                new Refusal.RequestIdRefused(Claim.Reason.OTHER_CONTENT, ExecutionPipeline.SETTLING_RETRY_AFTER));
    }

    /** A run that others may wait for. */
    private static final class InProgress {
        private final ContentHash content;
        private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        private final Cancellation cancellation = new Cancellation();
        private int waiting;
        private boolean abandoned;

        private InProgress(ContentHash content) {
            this.content = content;
        }

        /** Waits for it, too; false when it is being stopped because nobody did. */
        private boolean join(Cancellation caller) {
            synchronized (this) {
                if (abandoned) {
                    return false;
                }
                waiting++;
            }
            caller.onCancel(this::leave);
            return true;
        }

        private void leave() {
            synchronized (this) {
                waiting--;
                if (waiting > 0) {
                    return;
                }
                abandoned = true;
            }
            cancellation.cancel();
        }

        private void end(Runnable makeRoom, Outcome result) {
            makeRoom.run();
            outcome.complete(result);
        }
    }
}

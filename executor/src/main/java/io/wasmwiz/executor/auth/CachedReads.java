package io.wasmwiz.executor.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/**
 * Answers of a slow store, believed for a while: one read at a time per key, on threads that may block, "there is none"
 * remembered like anything else, failures not at all. An answer's age counts from before its read, since what changed
 * during the read may not be in it. Thread-safe.
 *
 * <p>A cache of futures rather than Caffeine's asynchronous one: that one drops failures and starts to age answers a moment
 * after its callers see them, and logs a stack trace for every failure.
 */
final class CachedReads<K, V> {
    private record Answer<V>(Optional<V> value, long readAtNanos) {}

    /** Only frees memory: whether an answer is still believed is decided when it is used. */
    private static final Duration FORGOTTEN_AFTER = Duration.ofSeconds(10);

    private final Function<K, Optional<V>> read;
    private final Executor databaseThreads;
    private final long timeToLiveNanos;
    private final Ticker ticker;
    private final Cache<K, CompletableFuture<Answer<V>>> answers;

    CachedReads(
            Function<K, Optional<V>> read,
            Executor databaseThreads,
            Duration timeToLive,
            int maximumEntries,
            Ticker ticker) {
        this.read = read;
        this.databaseThreads = databaseThreads;
        this.timeToLiveNanos = timeToLive.toNanos();
        this.ticker = ticker;
        this.answers = Caffeine.newBuilder()
                .maximumSize(maximumEntries)
                .expireAfterWrite(FORGOTTEN_AFTER)
                .ticker(ticker)
                // Maintenance is short; a pool of its own would only add a thread.
                .executor(Runnable::run)
                .build();
    }

    /** Completes exceptionally when the store does not answer or too many reads wait. */
    CompletionStage<Optional<V>> get(K key) {
        CompletableFuture<Answer<V>> known = answers.getIfPresent(key);
        if (known == null || !isUsable(known)) {
            try {
                known = answers.asMap().compute(key, (k, old) -> old != null && isUsable(old) ? old : start(k));
            } catch (RejectedExecutionException e) {
                return CompletableFuture.failedFuture(e);
            }
        }
        return known.thenApply(Answer::value);
    }

    private boolean isUsable(CompletableFuture<Answer<V>> answer) {
        return !answer.isDone()
                || (!answer.isCompletedExceptionally()
                        && ticker.read() - answer.join().readAtNanos() < timeToLiveNanos);
    }

    private CompletableFuture<Answer<V>> start(K key) {
        return CompletableFuture.supplyAsync(
                () -> {
                    long readAtNanos = ticker.read();
                    return new Answer<>(read.apply(key), readAtNanos);
                },
                databaseThreads);
    }
}

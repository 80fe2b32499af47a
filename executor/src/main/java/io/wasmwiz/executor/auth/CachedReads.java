package io.wasmwiz.executor.auth;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
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
 */
final class CachedReads<K, V> {
    private record Answer<V>(Optional<V> value, long readAtNanos) {}

    private final Function<K, Optional<V>> read;
    private final Executor databaseThreads;
    private final Ticker ticker;
    private final AsyncCache<K, Answer<V>> answers;

    CachedReads(
            Function<K, Optional<V>> read,
            Executor databaseThreads,
            Duration timeToLive,
            int maximumEntries,
            Ticker ticker) {
        this.read = read;
        this.databaseThreads = databaseThreads;
        this.ticker = ticker;
        this.answers = Caffeine.newBuilder()
                .maximumSize(maximumEntries)
                .expireAfter(Expiry.<K, Answer<V>>creating(
                        (key, answer) -> Duration.ofNanos(Math.max(
                                0, timeToLive.toNanos() - (ticker.read() - answer.readAtNanos())))))
                .ticker(ticker)
                // Maintenance is short; a pool of its own would only add a thread.
                .executor(Runnable::run)
                .buildAsync();
    }

    /** Completes exceptionally when the store does not answer or too many reads wait. */
    CompletionStage<Optional<V>> get(K key) {
        try {
            return answers.get(key, (k, unused) -> CompletableFuture.supplyAsync(() -> readNow(k), databaseThreads))
                    .thenApply(Answer::value);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private Answer<V> readNow(K key) {
        long readAtNanos = ticker.read();
        return new Answer<>(read.apply(key), readAtNanos);
    }
}

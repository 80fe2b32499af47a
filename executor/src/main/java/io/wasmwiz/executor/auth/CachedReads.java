package io.wasmwiz.executor.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Answers of a slow store, believed until {@link EpochWatch} sees a change: one read at a time per key, on threads that may
 * block; failures are not remembered. A read during which a change was seen is discarded and made anew. What exists and
 * what does not are remembered apart, so that no number of keys that are made up displaces a real one. Thread-safe.
 */
final class CachedReads<K, V> {
    /** A read and those that replace it when it met a change. */
    private static final int MAX_READS = 3;

    private record Answer<V>(Optional<V> value, long generation, long readAtNanos) {}

    private final Function<K, Optional<V>> store;
    private final Executor databaseThreads;
    private final EpochWatch epochs;
    private final long refreshNanos;
    private final Ticker ticker;
    private final Cache<K, Answer<V>> present;
    private final Cache<K, Answer<V>> absent;
    private final ConcurrentMap<K, CompletableFuture<Optional<V>>> reading = new ConcurrentHashMap<>();

    /**
     * Empty.
     *
     * @param refresh age from which an answer is read again in the background while it still serves
     * @param maxPresent keys remembered that exist
     * @param maxAbsent keys remembered that do not
     */
    CachedReads(
            Function<K, Optional<V>> store,
            Executor databaseThreads,
            EpochWatch epochs,
            Duration refresh,
            int maxPresent,
            int maxAbsent,
            Ticker ticker) {
        this.store = store;
        this.databaseThreads = databaseThreads;
        this.epochs = epochs;
        this.refreshNanos = refresh.toNanos();
        this.ticker = ticker;
        this.present = cache(maxPresent);
        this.absent = cache(maxAbsent);
    }

    private static <K, A> Cache<K, A> cache(int maximumEntries) {
        // Maintenance is short; a pool of its own would only add a thread.
        return Caffeine.newBuilder()
                .maximumSize(maximumEntries)
                .executor(Runnable::run)
                .build();
    }

    /** What is known of {@code key} and still believed; null when it must be read. */
    @Nullable
    Optional<V> known(K key) {
        Answer<V> answer = present.getIfPresent(key);
        if (answer == null) {
            answer = absent.getIfPresent(key);
        }
        if (answer == null || answer.generation() != epochs.generation()) {
            return null;
        }
        if (ticker.read() - answer.readAtNanos() >= refreshNanos && epochs.isAnswering()) {
            read(key, false);
        }
        return answer.value();
    }

    /** Whether {@code key} was found when it was last read, however long ago. */
    boolean wasPresent(K key) {
        return present.getIfPresent(key) != null;
    }

    /** Whether a read of {@code key} is in progress, which another would join. */
    boolean isReading(K key) {
        return reading.containsKey(key);
    }

    /** Reads, or joins the read in progress; fails when the store does not answer or too many reads wait. */
    CompletableFuture<Optional<V>> read(K key) {
        return read(key, true);
    }

    private CompletableFuture<Optional<V>> read(K key, boolean unlessKnown) {
        CompletableFuture<Optional<V>> mine = new CompletableFuture<>();
        CompletableFuture<Optional<V>> others = reading.putIfAbsent(key, mine);
        if (others != null) {
            return others;
        }
        // The read before may have ended between the caller's look and now.
        @Nullable Optional<V> known = unlessKnown ? known(key) : null;
        if (known != null) {
            reading.remove(key, mine);
            mine.complete(known);
            return mine;
        }
        try {
            databaseThreads.execute(() -> readNow(key, mine));
        } catch (RejectedExecutionException e) {
            reading.remove(key, mine);
            mine.completeExceptionally(e);
        }
        return mine;
    }

    private void readNow(K key, CompletableFuture<Optional<V>> result) {
        Answer<V> answer;
        try {
            answer = readUnchanged(key);
        } catch (Throwable e) {
            reading.remove(key, result);
            result.completeExceptionally(e);
            return;
        }
        if (answer.value().isPresent()) {
            present.put(key, answer);
            absent.invalidate(key);
        } else {
            absent.put(key, answer);
            present.invalidate(key);
        }
        reading.remove(key, result);
        result.complete(answer.value());
    }

    private Answer<V> readUnchanged(K key) {
        for (int reads = 0; reads < MAX_READS; reads++) {
            long generation = epochs.generation();
            long readAtNanos = ticker.read();
            Optional<V> value = store.apply(key);
            if (generation == epochs.generation()) {
                return new Answer<>(value, generation, readAtNanos);
            }
        }
        throw new IllegalStateException("changes came during each of " + MAX_READS + " reads");
    }
}

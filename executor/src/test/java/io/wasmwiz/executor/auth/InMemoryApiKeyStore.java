package io.wasmwiz.executor.auth;

import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Keys and accounts in maps, which can be taken away. Thread-safe. */
final class InMemoryApiKeyStore implements ApiKeyStore {
    final Map<ApiKeyHash, StoredKey> keys = new ConcurrentHashMap<>();
    final Map<String, StoredAccount> accounts = new ConcurrentHashMap<>();
    final AtomicInteger reads = new AtomicInteger();
    final AtomicLong epoch = new AtomicLong(1);
    volatile Instant now = Instant.parse("2026-05-06T07:08:09Z");
    volatile boolean away;
    volatile Runnable beforeRead = () -> {};
    volatile Runnable afterRead = () -> {};

    @Override
    public Optional<StoredKey> findKey(ApiKeyHash hash) {
        read();
        Optional<StoredKey> found = Optional.ofNullable(keys.get(hash));
        afterRead.run();
        return found;
    }

    @Override
    public Optional<StoredAccount> findAccount(String name) {
        read();
        return Optional.ofNullable(accounts.get(name.toLowerCase(Locale.ROOT)));
    }

    @Override
    public AuthEpoch epoch() {
        requirePresence();
        return new AuthEpoch(epoch.get(), now);
    }

    /** As the triggers do. */
    void put(ApiKeyHash hash, StoredKey key) {
        keys.put(hash, key);
        epoch.incrementAndGet();
    }

    private void read() {
        reads.incrementAndGet();
        beforeRead.run();
        requirePresence();
    }

    private void requirePresence() {
        if (away) {
            throw new IllegalStateException("the store is away");
        }
    }
}

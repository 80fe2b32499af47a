package io.wasmwiz.executor.auth;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Keys and accounts in maps, which can be taken away. Thread-safe. */
final class InMemoryApiKeyStore implements ApiKeyStore {
    final Map<ApiKeyHash, StoredKey> keys = new ConcurrentHashMap<>();
    final Map<String, StoredAccount> accounts = new ConcurrentHashMap<>();
    final AtomicInteger reads = new AtomicInteger();
    volatile boolean away;
    volatile Runnable beforeRead = () -> {};

    @Override
    public Optional<StoredKey> findKey(ApiKeyHash hash) {
        read();
        return Optional.ofNullable(keys.get(hash));
    }

    @Override
    public Optional<StoredAccount> findAccount(String name) {
        read();
        return Optional.ofNullable(accounts.get(name.toLowerCase(Locale.ROOT)));
    }

    private void read() {
        reads.incrementAndGet();
        beforeRead.run();
        if (away) {
            throw new IllegalStateException("the store is away");
        }
    }
}

package io.wasmwiz.executor.auth;

import io.wasmwiz.executor.auth.ApiKeyStore.StoredAccount;
import io.wasmwiz.executor.auth.ApiKeyStore.StoredKey;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

class InMemoryApiKeyStoreTest extends ApiKeyStoreContract {
    private final InMemoryApiKeyStore store = new InMemoryApiKeyStore();

    @Override
    ApiKeyStore store() {
        return store;
    }

    @Override
    UUID addAccount(String name, boolean active) {
        UUID id = UUID.randomUUID();
        store.accounts.put(name, new StoredAccount(id, active, FREE));
        return id;
    }

    @Override
    UUID add(NewKey key) {
        StoredAccount account = store.accounts.values().stream()
                .filter(candidate -> candidate.id().equals(key.accountId()))
                .findFirst()
                .orElseThrow();
        Tier tier = account.tier();
        Tier lowered = new Tier(
                tier.name(),
                tier.version(),
                lower(tier.executionsPerMinute(), key.executionsPerMinute()),
                lower(tier.executionsPerDay(), key.executionsPerDay()),
                tier.memoryMib(),
                tier.runTime(),
                tier.maxConcurrency());
        UUID id = UUID.randomUUID();
        store.put(
                key.hash(),
                new StoredKey(
                        id,
                        new StoredAccount(key.accountId(), account.active(), lowered),
                        key.scopes(),
                        Optional.ofNullable(key.expiresAt()),
                        key.revoked()));
        return id;
    }

    @Override
    void revoke(ApiKeyHash hash) {
        StoredKey key = store.findKey(hash).orElseThrow();
        store.put(hash, new StoredKey(key.id(), key.account(), key.scopes(), key.expiresAt(), true));
    }

    private static int lower(int limit, @Nullable Integer own) {
        return own == null ? limit : Math.min(limit, own);
    }
}

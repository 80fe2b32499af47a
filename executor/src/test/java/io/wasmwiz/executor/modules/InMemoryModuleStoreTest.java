package io.wasmwiz.executor.modules;

import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

class InMemoryModuleStoreTest extends ModuleStoreContract {
    private final AtomicLong seconds = new AtomicLong();
    private final InMemoryModuleStore store =
            new InMemoryModuleStore(() -> Instant.ofEpochSecond(seconds.incrementAndGet()));

    @Override
    ModuleStore store() {
        return store;
    }

    @Override
    UUID newAccount() {
        return UUID.randomUUID();
    }
}

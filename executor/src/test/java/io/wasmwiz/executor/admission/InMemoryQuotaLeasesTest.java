package io.wasmwiz.executor.admission;

import java.time.Instant;
import java.util.UUID;

class InMemoryQuotaLeasesTest extends QuotaLeasesContract {
    private final FakeTime time = new FakeTime("2026-05-06T07:08:09.123456Z");
    private final InMemoryQuotaLeases store = new InMemoryQuotaLeases(time::instant, LEASE_DURATION, MAX_LEASE_SIZE);

    InMemoryQuotaLeasesTest() {
        store.putTier("Free", 500, 10, 1);
        store.putTier("Basic", 10_000, 100, 1);
    }

    @Override
    QuotaLeases store() {
        return store;
    }

    @Override
    UUID newAccount(String tier) {
        return UUID.randomUUID();
    }

    @Override
    Instant now() {
        return time.instant();
    }
}

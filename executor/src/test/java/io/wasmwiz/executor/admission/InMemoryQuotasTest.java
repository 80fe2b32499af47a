package io.wasmwiz.executor.admission;

import java.time.Instant;
import java.util.UUID;

class InMemoryQuotasTest extends QuotaStoreContract {
    private final FakeTime time = new FakeTime("2026-05-06T07:08:09.123456Z");
    private final InMemoryQuotas quotas = new InMemoryQuotas(time::instant);

    InMemoryQuotasTest() {
        quotas.putTier("Free", 500, 10, 1);
        quotas.putTier("Basic", 10_000, 100, 1);
        quotas.putTier("Pro", 50_000, 500, 1);
    }

    @Override
    QuotaStore store(AdmissionConfig config) {
        return quotas.of(config);
    }

    @Override
    UUID newAccount(String tier) {
        return UUID.randomUUID();
    }

    @Override
    void settle(UUID leaseId, long charged) {
        quotas.settle(leaseId, charged);
    }

    @Override
    Instant now() {
        return time.instant();
    }
}

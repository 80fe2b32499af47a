package io.wasmwiz.executor.claims;

import java.time.Instant;
import java.time.LocalDate;
import java.util.UUID;

class InMemoryRequestClaimsTest extends RequestClaimsContract {
    private final LocalDate today = LocalDate.of(2026, 3, 1);
    private final InMemoryRequestClaims claims = new InMemoryRequestClaims(today, MAX_ATTEMPTS);

    @Override
    RequestClaims store() {
        return claims;
    }

    @Override
    LocalDate today() {
        return today;
    }

    @Override
    void age(RequestKey key, int days) {
        claims.age(key, days);
    }

    @Override
    Claim.Payment charge(RequestKey key, UUID execution, LocalDate day) {
        Claim.Payment payment = new Claim.Payment(UUID.randomUUID(), Instant.EPOCH);
        claims.charge(execution, payment);
        return payment;
    }

    @Override
    UUID lease(UUID account, LocalDate day) {
        UUID lease = UUID.randomUUID();
        claims.open(lease, account, day);
        return lease;
    }

    @Override
    void close(UUID lease) {
        claims.close(lease);
    }

    @Override
    void floor(LocalDate day) {
        claims.floor(day);
    }
}

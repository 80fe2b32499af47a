package io.wasmwiz.executor.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.auth.ApiKeyStore.StoredKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every store of keys does. */
abstract class ApiKeyStoreContract {
    static final Tier FREE = new Tier("Free", 1, 10, 500, 128, Duration.ofSeconds(5), 2);

    private final SecureRandom random = new SecureRandom();

    abstract ApiKeyStore store();

    /** Adds an account on tier Free. */
    abstract UUID addAccount(String name, boolean active);

    /** A key; {@code null} limits are the tier's. */
    record NewKey(
            UUID accountId,
            ApiKeyHash hash,
            Set<Scope> scopes,
            @Nullable Integer executionsPerMinute,
            @Nullable Integer executionsPerDay,
            @Nullable Instant expiresAt,
            boolean revoked) {}

    abstract UUID add(NewKey key);

    abstract void revoke(ApiKeyHash hash);

    @Test
    void movesTheEpochWithEveryChangeOfKeysAndOnlyThen() {
        ApiKeyHash hash = ApiKey.generate(random).hash();
        long empty = store().epoch().number();
        add(new NewKey(addAccount("mover", true), hash, Set.of(Scope.EXECUTE), null, null, null, false));
        long added = store().epoch().number();
        store().findKey(hash);
        assertThat(store().epoch().number()).isEqualTo(added);
        revoke(hash);

        assertThat(added).isNotEqualTo(empty);
        assertThat(store().epoch().number()).isNotIn(empty, added);
        assertThat(store().findKey(hash).orElseThrow().revoked()).isTrue();
    }

    @Test
    void findsAKeyWithItsAccountAndTier() {
        UUID account = addAccount("acme", true);
        ApiKeyHash hash = ApiKey.generate(random).hash();
        Instant expiry = Instant.parse("2031-02-03T04:05:06.789012Z");
        UUID key = add(new NewKey(account, hash, Set.of(Scope.EXECUTE, Scope.USAGE), null, null, expiry, false));

        StoredKey found = store().findKey(hash).orElseThrow();

        assertThat(found.id()).isEqualTo(key);
        assertThat(found.account().id()).isEqualTo(account);
        assertThat(found.account().active()).isTrue();
        assertThat(found.account().tier()).isEqualTo(FREE);
        assertThat(found.scopes()).containsExactlyInAnyOrder(Scope.EXECUTE, Scope.USAGE);
        assertThat(found.expiresAt()).contains(expiry);
        assertThat(found.revoked()).isFalse();
    }

    @Test
    void lowersTheTierToTheKeysLimitsAndNeverWidensIt() {
        UUID account = addAccount("narrow", true);
        ApiKeyHash hash = ApiKey.generate(random).hash();
        add(new NewKey(account, hash, Set.of(Scope.EXECUTE), 3, 100_000, null, false));

        Tier tier = store().findKey(hash).orElseThrow().account().tier();

        assertThat(tier.executionsPerMinute()).isEqualTo(3);
        assertThat(tier.executionsPerDay()).isEqualTo(500);
        assertThat(tier.name()).isEqualTo("Free");
    }

    @Test
    void tellsRevokedKeysAndSuspendedAccounts() {
        ApiKeyHash hash = ApiKey.generate(random).hash();
        add(new NewKey(addAccount("gone", false), hash, Set.of(Scope.EXECUTE), null, null, null, true));

        StoredKey found = store().findKey(hash).orElseThrow();

        assertThat(found.revoked()).isTrue();
        assertThat(found.account().active()).isFalse();
        assertThat(found.expiresAt()).isEqualTo(Optional.empty());
    }

    @Test
    void findsNothingForAnotherHash() {
        assertThat(store().findKey(ApiKey.generate(random).hash())).isEmpty();
    }

    @Test
    void findsAnAccountByNameInAnyCase() {
        UUID account = addAccount("builder", true);

        assertThat(store().findAccount("Builder").orElseThrow().id()).isEqualTo(account);
        assertThat(store().findAccount("builder").orElseThrow().tier()).isEqualTo(FREE);
        assertThat(store().findAccount("nobody")).isEmpty();
    }
}

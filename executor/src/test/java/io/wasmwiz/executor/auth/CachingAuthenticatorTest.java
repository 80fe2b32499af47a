package io.wasmwiz.executor.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.auth.ApiKeyStore.StoredAccount;
import io.wasmwiz.executor.auth.ApiKeyStore.StoredKey;
import io.wasmwiz.executor.auth.Authentication.Denied;
import io.wasmwiz.executor.auth.Authentication.Granted;
import io.wasmwiz.executor.auth.Authentication.Reason;
import io.wasmwiz.executor.auth.Authentication.Unavailable;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class CachingAuthenticatorTest {
    private static final AuthConfig CONFIG = new AuthConfig(true, Duration.ofMillis(500), 100, 1, 2);

    private final InMemoryApiKeyStore store = new InMemoryApiKeyStore();
    private final AtomicLong nanos = new AtomicLong(-5);
    private final MovableClock clock = new MovableClock();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final CachingAuthenticator authenticator =
            new CachingAuthenticator(CONFIG, store, clock, nanos::get, metrics);
    private final ApiKey key = ApiKey.generate(new SecureRandom());
    private final UUID account = UUID.randomUUID();

    @AfterEach
    void close() {
        authenticator.close();
    }

    @Test
    void grantsAGoodKeyAndReadsItOnce() throws Exception {
        put(true, Optional.empty(), false);

        Authentication first = authenticate("Bearer " + key.text());
        Authentication second = authenticate("bEARER  " + key.text() + " ");

        assertThat(first).isInstanceOfSatisfying(Granted.class, granted -> {
            assertThat(granted.caller().accountId()).isEqualTo(account);
            assertThat(granted.caller().scopes()).containsExactly(Scope.EXECUTE);
        });
        assertThat(second).isEqualTo(first);
        assertThat(store.reads).hasValue(1);
    }

    @Test
    void deniesWithoutAReadWhatCannotBeAKey() throws Exception {
        assertThat(authenticate(null)).isEqualTo(new Denied(Reason.KEY_MISSING));
        assertThat(authenticate("Basic abc")).isEqualTo(new Denied(Reason.KEY_MISSING));
        assertThat(authenticate("Bearer")).isEqualTo(new Denied(Reason.KEY_MISSING));
        assertThat(authenticate("Bearer ")).isEqualTo(new Denied(Reason.KEY_MALFORMED));
        assertThat(authenticate("Bearer ww_" + "0".repeat(36))).isEqualTo(new Denied(Reason.KEY_MALFORMED));
        assertThat(store.reads).hasValue(0);
    }

    @Test
    void remembersThatAKeyIsUnknownOnlyForItsTime() throws Exception {
        assertThat(authenticate()).isEqualTo(new Denied(Reason.KEY_UNKNOWN));
        put(true, Optional.empty(), false);
        assertThat(authenticate()).isEqualTo(new Denied(Reason.KEY_UNKNOWN));

        nanos.addAndGet(CONFIG.cacheTtl().toNanos());

        assertThat(authenticate()).isInstanceOf(Granted.class);
    }

    @Test
    void noticesARevocationWithinTheTimeToLive() throws Exception {
        put(true, Optional.empty(), false);
        assertThat(authenticate()).isInstanceOf(Granted.class);
        put(true, Optional.empty(), true);

        nanos.addAndGet(CONFIG.cacheTtl().toNanos());

        assertThat(authenticate()).isEqualTo(new Denied(Reason.KEY_REVOKED));
    }

    @Test
    void countsAnAnswersAgeFromBeforeItsRead() throws Exception {
        put(true, Optional.empty(), false);
        store.beforeRead = () -> nanos.addAndGet(CONFIG.cacheTtl().toNanos());

        authenticate();
        authenticate();

        assertThat(store.reads).hasValue(2);
    }

    @Test
    void judgesExpiryOnEveryCall() throws Exception {
        put(true, Optional.of(clock.instant().plusMillis(1)), false);
        assertThat(authenticate()).isInstanceOf(Granted.class);

        clock.now = clock.now.plusMillis(1);

        assertThat(authenticate()).isEqualTo(new Denied(Reason.KEY_EXPIRED));
        assertThat(store.reads).hasValue(1);
    }

    @Test
    void deniesASuspendedAccount() throws Exception {
        put(false, Optional.empty(), false);

        assertThat(authenticate()).isEqualTo(new Denied(Reason.ACCOUNT_SUSPENDED));
    }

    @Test
    void isUnavailableAndNotDeniedWhileTheStoreIsAway() throws Exception {
        store.away = true;
        assertThat(authenticate()).isEqualTo(new Unavailable());

        store.away = false;
        put(true, Optional.empty(), false);

        assertThat(authenticate()).as("failures are not remembered").isInstanceOf(Granted.class);
    }

    @Test
    void readsOnceForManyCallsOfOneKeyAndRefusesReadsBeyondTheQueue() throws Exception {
        put(true, Optional.empty(), false);
        CountDownLatch release = new CountDownLatch(1);
        store.beforeRead = () -> awaitQuietly(release);

        List<CompletableFuture<Authentication>> same = IntStream.range(0, 50)
                .mapToObj(
                        i -> authenticator.authenticate("Bearer " + key.text()).toCompletableFuture())
                .toList();
        await().until(() -> store.reads.get() == 1);
        List<CompletableFuture<Authentication>> others = IntStream.range(0, 3)
                .mapToObj(i -> authenticator
                        .authenticate(
                                "Bearer " + ApiKey.generate(new SecureRandom()).text())
                        .toCompletableFuture())
                .toList();

        assertThat(others.get(2)).isCompletedWithValue(new Unavailable());
        release.countDown();
        for (CompletableFuture<Authentication> call : same) {
            assertThat(call.get(10, TimeUnit.SECONDS)).isInstanceOf(Granted.class);
        }
        assertThat(others.get(0).get(10, TimeUnit.SECONDS)).isEqualTo(new Denied(Reason.KEY_UNKNOWN));
        assertThat(others.get(1).get(10, TimeUnit.SECONDS)).isEqualTo(new Denied(Reason.KEY_UNKNOWN));
        assertThat(store.reads).hasValue(3);
    }

    @Test
    void neverLogsAKey() throws Exception {
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        Level level = root.getLevel();
        ListAppender<ILoggingEvent> logged = new ListAppender<>();
        logged.start();
        root.addAppender(logged);
        root.setLevel(Level.TRACE);
        try {
            authenticate();
            authenticate("Bearer " + key.text() + "0");
            nanos.addAndGet(CONFIG.cacheTtl().toNanos());
            store.away = true;
            authenticate();
        } finally {
            root.setLevel(level);
            root.detachAppender(logged);
        }

        assertThat(List.copyOf(logged.list))
                .as("the outage at least is logged")
                .anyMatch(event -> event.getMessage().equals("key store does not answer"))
                .allSatisfy(event -> assertThat(event.getFormattedMessage() + event.getKeyValuePairs())
                        .doesNotContain(key.text().substring(3, 20)));
    }

    @Test
    void countsOutcomes() throws Exception {
        authenticate();
        authenticate(null);

        assertThat(metrics.counter("wasmwiz.authentications", "outcome", "key_unknown")
                        .count())
                .isEqualTo(1);
        assertThat(metrics.counter("wasmwiz.authentications", "outcome", "key_missing")
                        .count())
                .isEqualTo(1);
    }

    @Test
    void developmentCallsWithoutAKeyActAsTheDeveloper() throws Exception {
        Authenticator development = new DevelopmentAuthenticator(authenticator);
        store.accounts.put(
                DevelopmentAuthenticator.ACCOUNT, new StoredAccount(account, true, ApiKeyStoreContract.FREE));

        assertThat(get(development, null)).isInstanceOfSatisfying(Granted.class, granted -> {
            assertThat(granted.caller().accountId()).isEqualTo(account);
            assertThat(granted.caller().apiKeyId()).isEmpty();
            assertThat(granted.caller().scopes()).containsExactlyInAnyOrder(Scope.values());
        });
        assertThat(get(development, "Bearer " + key.text())).isEqualTo(new Denied(Reason.KEY_UNKNOWN));
    }

    @Test
    void developmentCallsNeedTheSeededAccount() throws Exception {
        assertThat(get(new DevelopmentAuthenticator(authenticator), null)).isEqualTo(new Denied(Reason.KEY_MISSING));
    }

    private void put(boolean active, Optional<Instant> expiresAt, boolean revoked) {
        store.keys.put(
                key.hash(),
                new StoredKey(
                        UUID.randomUUID(),
                        new StoredAccount(account, active, ApiKeyStoreContract.FREE),
                        Set.of(Scope.EXECUTE),
                        expiresAt,
                        revoked));
    }

    private Authentication authenticate() throws Exception {
        return authenticate("Bearer " + key.text());
    }

    private Authentication authenticate(@Nullable String authorization) throws Exception {
        return get(authenticator, authorization);
    }

    private static Authentication get(Authenticator authenticator, @Nullable String authorization)
            throws ExecutionException, InterruptedException, java.util.concurrent.TimeoutException {
        return authenticator.authenticate(authorization).toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class MovableClock extends Clock {
        volatile Instant now = Instant.parse("2026-05-06T07:08:09Z");

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}

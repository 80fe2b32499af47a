package io.wasmwiz.executor.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
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
import io.wasmwiz.executor.auth.Authentication.TooManyFailures;
import io.wasmwiz.executor.auth.Authentication.Unavailable;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class CachingAuthenticatorTest {
    private static final Duration STALE = Duration.ofSeconds(60);
    private static final Duration REFRESH = Duration.ofMinutes(10);
    private static final int FAILURES = 5;
    private static final AuthConfig CONFIG =
            new AuthConfig(true, Duration.ofMillis(250), STALE, REFRESH, 100, 100, FAILURES, 100, 1, 2);
    private static final PeerNetwork PEER = peer("203.0.113.7");

    private final InMemoryApiKeyStore store = new InMemoryApiKeyStore();
    private final AtomicLong nanos = new AtomicLong(-5);
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final EpochWatch epochs = new EpochWatch(store::epoch, STALE, nanos::get, metrics);
    private final CachingAuthenticator authenticator =
            new CachingAuthenticator(CONFIG, store, epochs, nanos::get, metrics);
    private final ApiKey key = ApiKey.generate(new SecureRandom());
    private final UUID account = UUID.randomUUID();
    private final UUID keyId = UUID.randomUUID();

    @BeforeEach
    void poll() {
        epochs.poll();
    }

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
    void remembersThatAKeyIsUnknownUntilAPollSeesAChange() throws Exception {
        assertThat(authenticate()).isEqualTo(new Denied(Reason.KEY_UNKNOWN));
        put(true, Optional.empty(), false);
        assertThat(authenticate()).isEqualTo(new Denied(Reason.KEY_UNKNOWN));
        assertThat(store.reads).hasValue(1);

        epochs.poll();

        assertThat(authenticate()).isInstanceOf(Granted.class);
    }

    @Test
    void believesAKeyUntilTheFirstPollAfterItsRevocation() throws Exception {
        put(true, Optional.empty(), false);
        epochs.poll();
        Caller caller = granted(authenticate());
        epochs.poll();
        assertThat(authenticate()).isInstanceOf(Granted.class);
        assertThat(store.reads).as("nothing changed").hasValue(1);
        put(true, Optional.empty(), true);

        epochs.poll();

        assertThat(authenticate()).isEqualTo(new Denied(Reason.KEY_REVOKED));
        assertThat(get(authenticator.recheck(caller))).isEqualTo(new Denied(Reason.KEY_REVOKED));
        assertThat(store.reads).hasValue(2);
    }

    @Test
    void discardsAReadDuringWhichAChangeWasSeen() throws Exception {
        put(true, Optional.empty(), false);
        epochs.poll();
        store.afterRead = () -> {
            store.afterRead = () -> {};
            put(true, Optional.empty(), true);
            epochs.poll();
        };

        assertThat(authenticate()).isEqualTo(new Denied(Reason.KEY_REVOKED));
        assertThat(authenticate()).isEqualTo(new Denied(Reason.KEY_REVOKED));
        assertThat(store.reads).hasValue(2);
    }

    @Test
    void isUnavailableWhenEveryReadMeetsAChange() throws Exception {
        store.afterRead = () -> {
            put(true, Optional.empty(), false);
            epochs.poll();
        };

        assertThat(authenticate()).isEqualTo(new Unavailable());
        assertThat(store.reads).hasValue(3);

        store.afterRead = () -> {};
        assertThat(authenticate()).isInstanceOf(Granted.class);
    }

    @Test
    void judgesExpiryOnEveryCallByTheTimeOfTheStore() throws Exception {
        put(true, Optional.of(store.now.plusMillis(100)), false);
        epochs.poll();
        Caller caller = granted(authenticate());
        nanos.addAndGet(Duration.ofMillis(100).toNanos() - 1);
        assertThat(authenticate()).isInstanceOf(Granted.class);

        nanos.incrementAndGet();

        assertThat(authenticate()).isEqualTo(new Denied(Reason.KEY_EXPIRED));
        assertThat(get(authenticator.recheck(caller))).isEqualTo(new Denied(Reason.KEY_EXPIRED));
        assertThat(store.reads).hasValue(1);
    }

    @Test
    void recheckTellsSuspensionAndTheTierOfNow() throws Exception {
        put(true, Optional.empty(), false);
        epochs.poll();
        Caller caller = granted(authenticate());
        assertThat(get(authenticator.recheck(caller))).isEqualTo(new Granted(caller));
        Tier pro = new Tier("Pro", 1, 500, 50_000, 512, Duration.ofSeconds(30), 32);
        put(new StoredAccount(account, true, pro), Optional.empty(), false);
        epochs.poll();
        assertThat(granted(get(authenticator.recheck(caller))).tier()).isEqualTo(pro);
        put(new StoredAccount(account, false, pro), Optional.empty(), false);
        epochs.poll();

        assertThat(get(authenticator.recheck(caller))).isEqualTo(new Denied(Reason.ACCOUNT_SUSPENDED));
    }

    @Test
    void servesCachedKeysForAWhileWithoutTheStoreAndThenNobodyUntilItReturns() throws Exception {
        ApiKey other = ApiKey.generate(new SecureRandom());
        put(true, Optional.empty(), false);
        epochs.poll();
        Caller caller = granted(authenticate());
        store.away = true;

        nanos.addAndGet(STALE.toNanos());
        epochs.poll();

        assertThat(authenticate()).isInstanceOf(Granted.class);
        assertThat(get(authenticator.recheck(caller))).isInstanceOf(Granted.class);
        assertThat(authenticate("Bearer " + other.text())).isEqualTo(new Unavailable());
        authenticator.requireFresh();
        nanos.incrementAndGet();
        assertThat(authenticate()).isEqualTo(new Unavailable());
        assertThat(get(authenticator.recheck(caller))).isEqualTo(new Unavailable());
        assertThatThrownBy(authenticator::requireFresh).hasMessageContaining("60 s");

        store.away = false;
        epochs.poll();

        assertThat(authenticate()).isInstanceOf(Granted.class);
        assertThat(authenticate("Bearer " + other.text())).isEqualTo(new Denied(Reason.KEY_UNKNOWN));
        authenticator.requireFresh();
    }

    @Test
    void serveNobodyBeforeTheFirstPoll() throws Exception {
        put(true, Optional.empty(), false);
        EpochWatch unpolled = new EpochWatch(store::epoch, STALE, nanos::get, new SimpleMeterRegistry());
        try (CachingAuthenticator fresh =
                new CachingAuthenticator(CONFIG, store, unpolled, nanos::get, new SimpleMeterRegistry())) {
            assertThat(get(fresh, "Bearer " + key.text())).isEqualTo(new Unavailable());
            assertThat(store.reads).hasValue(0);
        }
    }

    @Test
    void readsAnOldAnswerAgainInTheBackgroundThoughNothingChanged() throws Exception {
        put(true, Optional.empty(), false);
        epochs.poll();
        authenticate();
        store.keys.clear();
        nanos.addAndGet(REFRESH.toNanos());
        epochs.poll();

        assertThat(authenticate()).as("still served").isInstanceOf(Granted.class);

        await().untilAsserted(() -> assertThat(authenticate()).isEqualTo(new Denied(Reason.KEY_UNKNOWN)));
        assertThat(store.reads).hasValue(2);
    }

    @Test
    void limitsFailuresOfOneNetworkWithoutAReadAndGoesOnServingItsGoodKey() throws Exception {
        put(true, Optional.empty(), false);
        epochs.poll();
        assertThat(authenticate()).isInstanceOf(Granted.class);
        for (int i = 0; i < FAILURES; i++) {
            assertThat(authenticate(madeUpKey())).isEqualTo(new Denied(Reason.KEY_UNKNOWN));
        }
        int reads = store.reads.get();

        assertThat(authenticate(madeUpKey()))
                .isEqualTo(new TooManyFailures(FAILURES, Duration.ofMinutes(1).dividedBy(FAILURES)));
        assertThat(authenticate("Bearer nonsense")).isInstanceOf(TooManyFailures.class);
        assertThat(authenticate()).as("a key that was good before").isInstanceOf(Granted.class);
        assertThat(store.reads).hasValue(reads);
        assertThat(get(authenticator.authenticate(madeUpKey(), peer("203.0.113.8"))))
                .as("its neighbour")
                .isEqualTo(new Denied(Reason.KEY_UNKNOWN));

        store.epoch.incrementAndGet();
        epochs.poll();
        assertThat(authenticate()).as("though it must be read anew").isInstanceOf(Granted.class);

        nanos.addAndGet(Duration.ofMinutes(1).dividedBy(FAILURES).toNanos());
        assertThat(authenticate(madeUpKey())).isEqualTo(new Denied(Reason.KEY_UNKNOWN));
        assertThat(authenticate(madeUpKey())).isInstanceOf(TooManyFailures.class);
        assertThat(count("too_many_failures")).isEqualTo(3);
    }

    @Test
    void goodKeysNeverUseUpTheirNetworksFailures() throws Exception {
        for (int i = 0; i < 3 * FAILURES; i++) {
            ApiKey good = ApiKey.generate(new SecureRandom());
            store.put(good.hash(), stored(new StoredAccount(account, true, ApiKeyStoreContract.FREE)));
            epochs.poll();
            assertThat(authenticate("Bearer " + good.text())).isInstanceOf(Granted.class);
        }
        store.away = true;
        for (int i = 0; i < 3 * FAILURES; i++) {
            assertThat(authenticate(madeUpKey())).as("not its fault").isEqualTo(new Unavailable());
        }
    }

    @Test
    void readsOfMadeUpKeysFromOneNetworkLeaveRoomInTheQueue() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        store.beforeRead = () -> awaitQuietly(release);
        AuthConfig roomy = new AuthConfig(true, Duration.ofMillis(250), STALE, REFRESH, 100, 100, FAILURES, 100, 1, 10);
        try (CachingAuthenticator flooded =
                new CachingAuthenticator(roomy, store, epochs, nanos::get, new SimpleMeterRegistry())) {
            store.put(key.hash(), stored(new StoredAccount(account, true, ApiKeyStoreContract.FREE)));
            List<CompletableFuture<Authentication>> flood = IntStream.range(0, 1_000)
                    .mapToObj(i -> flooded.authenticate(madeUpKey(), PEER).toCompletableFuture())
                    .toList();
            CompletableFuture<Authentication> neighbour = flooded.authenticate(
                            "Bearer " + key.text(), peer("198.51.100.1"))
                    .toCompletableFuture();
            release.countDown();

            assertThat(neighbour.get(10, TimeUnit.SECONDS)).isInstanceOf(Granted.class);
            assertThat(flood.stream().filter(answer -> answer.join() instanceof TooManyFailures))
                    .hasSize(1_000 - FAILURES);
            assertThat(store.reads).hasValue(FAILURES + 1);
        }
    }

    @Test
    void deniesASuspendedAccount() throws Exception {
        put(false, Optional.empty(), false);
        epochs.poll();

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
                .mapToObj(i ->
                        authenticator.authenticate("Bearer " + key.text(), PEER).toCompletableFuture())
                .toList();
        await().until(() -> store.reads.get() == 1);
        List<CompletableFuture<Authentication>> others = IntStream.range(0, 3)
                .mapToObj(i -> authenticator.authenticate(madeUpKey(), PEER).toCompletableFuture())
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
            store.epoch.incrementAndGet();
            epochs.poll();
            store.away = true;
            authenticate();
            epochs.poll();
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
        put(new StoredAccount(account, active, ApiKeyStoreContract.FREE), expiresAt, revoked);
    }

    private void put(StoredAccount owner, Optional<Instant> expiresAt, boolean revoked) {
        store.put(key.hash(), new StoredKey(keyId, owner, Set.of(Scope.EXECUTE), expiresAt, revoked));
    }

    private static StoredKey stored(StoredAccount owner) {
        return new StoredKey(UUID.randomUUID(), owner, Set.of(Scope.EXECUTE), Optional.empty(), false);
    }

    private static String madeUpKey() {
        return "Bearer " + ApiKey.generate(new SecureRandom()).text();
    }

    private static PeerNetwork peer(String address) {
        return PeerNetwork.of(new InetSocketAddress(address, 1));
    }

    private double count(String outcome) {
        return metrics.counter("wasmwiz.authentications", "outcome", outcome).count();
    }

    private static Caller granted(Authentication authentication) {
        return ((Granted) authentication).caller();
    }

    private Authentication authenticate() throws Exception {
        return authenticate("Bearer " + key.text());
    }

    private Authentication authenticate(@Nullable String authorization) throws Exception {
        return get(authenticator, authorization);
    }

    private static Authentication get(Authenticator authenticator, @Nullable String authorization) throws Exception {
        return get(authenticator.authenticate(authorization, PEER));
    }

    private static Authentication get(CompletionStage<Authentication> answer) throws Exception {
        return answer.toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.wasmwiz.executor.auth;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.auth.ApiKeyStore.StoredAccount;
import io.wasmwiz.executor.auth.ApiKeyStore.StoredKey;
import io.wasmwiz.executor.auth.Authentication.Denied;
import io.wasmwiz.executor.auth.Authentication.Granted;
import io.wasmwiz.executor.auth.Authentication.Reason;
import io.wasmwiz.executor.auth.Authentication.TooManyFailures;
import io.wasmwiz.executor.auth.Authentication.Unavailable;
import io.wasmwiz.executor.database.Causes;
import io.wasmwiz.executor.work.WorkPool;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Authenticates by API key. What the database said is believed until {@link EpochWatch} sees a change, so that a revocation
 * takes effect everywhere within a second; expiry and suspension are judged anew on every call, by the database's clock. A
 * malformed key costs no database read. While the database is away, cached keys serve for {@link AuthConfig#stale}; other
 * keys, and then all, are {@link Unavailable}, never denied.
 *
 * <p>Networks whose authentications fail too often are not listened to for a while, except with a key that was good
 * before: so made-up keys from one place neither fill the queue of reads nor lock out their neighbours.
 *
 * <p>Thread-safe; never blocks. A call that needed a read completes on a database thread, which must not be blocked. Its
 * opener closes it.
 */
public final class CachingAuthenticator implements Authenticator, CallerCheck, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CachingAuthenticator.class);
    private static final String SCHEME = "Bearer ";
    /** Without a secret on offer nothing was tried, and a suspended account's key is a good one. */
    private static final Set<Reason> NO_FAILURE = Set.of(Reason.KEY_MISSING, Reason.ACCOUNT_SUSPENDED);

    /** Development acts as one account. */
    private static final int MAX_ACCOUNTS = 1;

    private final AuthConfig config;
    private final WorkPool databaseThreads;
    private final EpochWatch epochs;
    private final CachedReads<ApiKeyHash, StoredKey> keys;
    private final CachedReads<String, StoredAccount> accounts;
    private final FailureLimits failures;
    private final Map<Reason, Counter> denied = new EnumMap<>(Reason.class);
    private final Counter granted;
    private final Counter unavailable;
    private final Counter tooManyFailures;
    private final AtomicLong lastWarningNanos = new AtomicLong(System.nanoTime() - 1_000_000_000L);

    /** Owns {@code epochs}, which somebody else polls. */
    CachingAuthenticator(
            AuthConfig config, ApiKeyStore store, EpochWatch epochs, Ticker ticker, MeterRegistry metrics) {
        this.config = config;
        this.databaseThreads =
                WorkPool.open("auth-database", config.databaseThreads(), config.databaseQueue(), metrics);
        this.epochs = epochs;
        this.keys = new CachedReads<>(
                store::findKey,
                databaseThreads,
                epochs,
                config.cacheRefresh(),
                config.cacheEntries(),
                config.cacheUnknownEntries(),
                ticker);
        this.accounts = new CachedReads<>(
                store::findAccount, databaseThreads, epochs, config.cacheRefresh(), MAX_ACCOUNTS, MAX_ACCOUNTS, ticker);
        this.failures = new FailureLimits(config.failuresPerMinute(), config.failureNetworks(), ticker);
        for (Reason reason : Reason.values()) {
            denied.put(reason, counter(metrics, reason.name().toLowerCase(Locale.ROOT)));
        }
        this.granted = counter(metrics, "granted");
        this.unavailable = counter(metrics, "unavailable");
        this.tooManyFailures = counter(metrics, "too_many_failures");
        Gauge.builder("wasmwiz.auth.failure.networks", failures, FailureLimits::networks)
                .description("Networks whose authentications failed of late")
                .register(metrics);
    }

    /** Opens over {@code jdbi}, which its own opener closes afterwards; looks at the epoch row once before it returns. */
    public static CachingAuthenticator open(AuthConfig config, Jdbi jdbi, MeterRegistry metrics) {
        PostgresApiKeyStore store = new PostgresApiKeyStore(jdbi);
        EpochWatch epochs = new EpochWatch(store::epoch, config.stale(), Ticker.systemTicker(), metrics);
        CachingAuthenticator authenticator =
                new CachingAuthenticator(config, store, epochs, Ticker.systemTicker(), metrics);
        epochs.start(config.epochPoll());
        return authenticator;
    }

    @Override
    public CompletionStage<Authentication> authenticate(@Nullable String authorization, PeerNetwork peer) {
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return completed(new Denied(Reason.KEY_MISSING));
        }
        Optional<ApiKey> key =
                ApiKey.parse(authorization.substring(SCHEME.length()).strip());
        return key.isEmpty()
                ? completed(limited(new Denied(Reason.KEY_MALFORMED), peer))
                : authenticate(key.get().hash(), peer);
    }

    private CompletionStage<Authentication> authenticate(ApiKeyHash hash, PeerNetwork peer) {
        if (!epochs.isFresh()) {
            return completed(new Unavailable());
        }
        @Nullable Optional<StoredKey> known = keys.known(hash);
        if (known != null) {
            return completed(limited(judge(hash, known), peer));
        }
        if (keys.wasPresent(hash) || keys.isReading(hash)) {
            return keys.read(hash).handle((found, failure) -> counted(limited(judged(hash, found, failure), peer)));
        }
        // Taken before the read, so that no more reads than this can be in progress for one network.
        Optional<Duration> wait = failures.take(peer);
        if (wait.isPresent()) {
            return completed(new TooManyFailures(config.failuresPerMinute(), wait.get()));
        }
        return keys.read(hash).handle((found, failure) -> {
            Authentication authentication = judged(hash, found, failure);
            if (!isFailure(authentication)) {
                failures.giveBack(peer);
            }
            return counted(authentication);
        });
    }

    @Override
    public CompletionStage<Authentication> recheck(Caller caller) {
        ApiKeyHash hash = caller.keyHash()
                .orElseThrow(() -> new IllegalArgumentException("a caller without a key cannot be checked by it"));
        if (!epochs.isFresh()) {
            return CompletableFuture.completedFuture(new Unavailable());
        }
        @Nullable Optional<StoredKey> known = keys.known(hash);
        return known != null
                ? CompletableFuture.completedFuture(judge(hash, known))
                : keys.read(hash).handle((found, failure) -> judged(hash, found, failure));
    }

    /** The named account with every scope, for development without keys. */
    CompletionStage<Authentication> actAs(String accountName) {
        if (!epochs.isFresh()) {
            return completed(new Unavailable());
        }
        @Nullable Optional<StoredAccount> known = accounts.known(accountName);
        return known != null
                ? completed(judgeAccount(known))
                : accounts.read(accountName)
                        .handle((found, failure) ->
                                counted(failure == null ? judgeAccount(found) : unavailable(failure)));
    }

    /** Throws, with how long ago, when keys were not known to be up to date for longer than they may serve. */
    public void requireFresh() {
        if (!epochs.isFresh()) {
            throw new IllegalStateException("keys could not be checked for changes for longer than %d s"
                    .formatted(config.stale().toSeconds()));
        }
    }

    private static boolean isFailure(Authentication authentication) {
        return authentication instanceof Denied refused && !NO_FAILURE.contains(refused.reason());
    }

    /** {@code authentication}, or that its network failed too often. */
    private Authentication limited(Authentication authentication, PeerNetwork peer) {
        if (!isFailure(authentication)) {
            return authentication;
        }
        Optional<Duration> wait = failures.take(peer);
        return wait.isPresent() ? new TooManyFailures(config.failuresPerMinute(), wait.get()) : authentication;
    }

    private Authentication judged(ApiKeyHash hash, @Nullable Optional<StoredKey> found, @Nullable Throwable failure) {
        return found != null ? judge(hash, found) : unavailable(Objects.requireNonNull(failure));
    }

    private Authentication judge(ApiKeyHash hash, Optional<StoredKey> found) {
        if (found.isEmpty()) {
            return new Denied(Reason.KEY_UNKNOWN);
        }
        StoredKey key = found.get();
        if (key.revoked()) {
            return new Denied(Reason.KEY_REVOKED);
        }
        if (key.expiresAt().isPresent()
                && !epochs.now().isBefore(key.expiresAt().get())) {
            return new Denied(Reason.KEY_EXPIRED);
        }
        if (!key.account().active()) {
            return new Denied(Reason.ACCOUNT_SUSPENDED);
        }
        return new Granted(new Caller(
                key.account().id(),
                Optional.of(key.id()),
                key.scopes(),
                key.account().tier(),
                Optional.of(hash)));
    }

    private static Authentication judgeAccount(Optional<StoredAccount> found) {
        if (found.isEmpty()) {
            return new Denied(Reason.KEY_MISSING);
        }
        StoredAccount account = found.get();
        return account.active()
                ? new Granted(new Caller(account.id(), Optional.empty(), EnumSet.allOf(Scope.class), account.tier()))
                : new Denied(Reason.ACCOUNT_SUSPENDED);
    }

    private Authentication unavailable(Throwable failure) {
        long nowNanos = System.nanoTime();
        long last = lastWarningNanos.get();
        // One line a second at most: an outage fails every call.
        if (!(failure instanceof RejectedExecutionException)
                && nowNanos - last >= 1_000_000_000L
                && lastWarningNanos.compareAndSet(last, nowNanos)) {
            log.atWarn().addKeyValue("cause", Causes.innermost(failure)).log("key store does not answer");
        }
        return new Unavailable();
    }

    private Authentication counted(Authentication authentication) {
        counterOf(authentication).increment();
        return authentication;
    }

    private Counter counterOf(Authentication authentication) {
        if (authentication instanceof Denied refused) {
            return Objects.requireNonNull(denied.get(refused.reason()));
        }
        if (authentication instanceof TooManyFailures) {
            return tooManyFailures;
        }
        return authentication instanceof Granted ? granted : unavailable;
    }

    private CompletionStage<Authentication> completed(Authentication authentication) {
        return CompletableFuture.completedFuture(counted(authentication));
    }

    private static Counter counter(MeterRegistry metrics, String outcome) {
        return Counter.builder("wasmwiz.authentications")
                .description("Calls by whether their caller is known")
                .tag("outcome", outcome)
                .register(metrics);
    }

    @Override
    public void close() {
        epochs.close();
        databaseThreads.close();
    }
}

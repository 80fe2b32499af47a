package io.wasmwiz.executor.auth;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.wasmwiz.executor.auth.ApiKeyStore.StoredAccount;
import io.wasmwiz.executor.auth.ApiKeyStore.StoredKey;
import io.wasmwiz.executor.auth.Authentication.Denied;
import io.wasmwiz.executor.auth.Authentication.Granted;
import io.wasmwiz.executor.auth.Authentication.Reason;
import io.wasmwiz.executor.auth.Authentication.Unavailable;
import io.wasmwiz.executor.database.Causes;
import io.wasmwiz.executor.work.WorkPool;
import java.time.Clock;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Authenticates by API key. What the database said is believed for {@link AuthConfig#cacheTtl}, so that a revocation
 * takes effect everywhere within a second; expiry and suspension are judged anew on every call. A malformed key costs no
 * database read. While the database is away, keys that are not cached are {@link Unavailable}, never denied.
 *
 * <p>Thread-safe; never blocks. A call that needed a read completes on a database thread, which must not be blocked. Its
 * opener closes it.
 */
public final class CachingAuthenticator implements Authenticator, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CachingAuthenticator.class);
    private static final String SCHEME = "Bearer ";

    private final WorkPool databaseThreads;
    private final CachedReads<ApiKeyHash, StoredKey> keys;
    private final CachedReads<String, StoredAccount> accounts;
    private final Clock clock;
    private final Map<Reason, Counter> denied = new EnumMap<>(Reason.class);
    private final Counter granted;
    private final Counter unavailable;
    private final AtomicLong lastWarningNanos = new AtomicLong(System.nanoTime() - 1_000_000_000L);

    CachingAuthenticator(AuthConfig config, ApiKeyStore store, Clock clock, Ticker ticker, MeterRegistry metrics) {
        this.databaseThreads =
                WorkPool.open("auth-database", config.databaseThreads(), config.databaseQueue(), metrics);
        this.keys =
                new CachedReads<>(store::findKey, databaseThreads, config.cacheTtl(), config.cacheEntries(), ticker);
        this.accounts = new CachedReads<>(store::findAccount, databaseThreads, config.cacheTtl(), 1, ticker);
        this.clock = clock;
        for (Reason reason : Reason.values()) {
            denied.put(reason, counter(metrics, reason.name().toLowerCase(Locale.ROOT)));
        }
        this.granted = counter(metrics, "granted");
        this.unavailable = counter(metrics, "unavailable");
    }

    /** Opens over {@code jdbi}, which its own opener closes afterwards. */
    public static CachingAuthenticator open(AuthConfig config, Jdbi jdbi, Clock clock, MeterRegistry metrics) {
        return new CachingAuthenticator(config, new PostgresApiKeyStore(jdbi), clock, Ticker.systemTicker(), metrics);
    }

    @Override
    public CompletionStage<Authentication> authenticate(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return CompletableFuture.completedFuture(counted(new Denied(Reason.KEY_MISSING)));
        }
        Optional<ApiKey> key =
                ApiKey.parse(authorization.substring(SCHEME.length()).strip());
        if (key.isEmpty()) {
            return CompletableFuture.completedFuture(counted(new Denied(Reason.KEY_MALFORMED)));
        }
        return keys.get(key.get().hash())
                .handle((found, failure) -> counted(failure == null ? judge(found) : unavailable(failure)));
    }

    /** The named account with every scope, for development without keys. */
    CompletionStage<Authentication> actAs(String accountName) {
        return accounts.get(accountName)
                .handle((found, failure) -> counted(failure == null ? judgeAccount(found) : unavailable(failure)));
    }

    private Authentication judge(Optional<StoredKey> found) {
        if (found.isEmpty()) {
            return new Denied(Reason.KEY_UNKNOWN);
        }
        StoredKey key = found.get();
        if (key.revoked()) {
            return new Denied(Reason.KEY_REVOKED);
        }
        if (key.expiresAt().isPresent()
                && !clock.instant().isBefore(key.expiresAt().get())) {
            return new Denied(Reason.KEY_EXPIRED);
        }
        if (!key.account().active()) {
            return new Denied(Reason.ACCOUNT_SUSPENDED);
        }
        return new Granted(new Caller(
                key.account().id(),
                Optional.of(key.id()),
                key.scopes(),
                key.account().tier()));
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
        Counter outcome = authentication instanceof Denied reason
                ? Objects.requireNonNull(denied.get(reason.reason()))
                : authentication instanceof Granted ? granted : unavailable;
        outcome.increment();
        return authentication;
    }

    private static Counter counter(MeterRegistry metrics, String outcome) {
        return Counter.builder("wasmwiz.authentications")
                .description("Calls by whether their caller is known")
                .tag("outcome", outcome)
                .register(metrics);
    }

    @Override
    public void close() {
        databaseThreads.close();
    }
}

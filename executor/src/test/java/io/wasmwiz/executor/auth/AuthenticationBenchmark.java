package io.wasmwiz.executor.auth;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.auth.ApiKeyStore.StoredAccount;
import io.wasmwiz.executor.auth.ApiKeyStore.StoredKey;
import io.wasmwiz.executor.auth.Authentication.Granted;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One authentication with a warm cache, and one check of a caller in a stream. {@code floor} is what no authentication can
 * do without: the SHA-256 of the key's text.
 *
 * <p>Run with {@code java -cp <test class path> org.openjdk.jmh.Main AuthenticationBenchmark}.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class AuthenticationBenchmark {
    private static final PeerNetwork PEER = PeerNetwork.of(null);

    private final ApiKey key = ApiKey.generate(new SecureRandom());
    private final String header = "Bearer " + key.text();
    private final byte[] text = key.text().getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    private CachingAuthenticator authenticator;
    private Caller caller;

    @Setup(Level.Trial)
    public void open() {
        InMemoryApiKeyStore store = new InMemoryApiKeyStore();
        Tier tier = new Tier("Free", 1, 10, 500, 128, Duration.ofSeconds(5), 2);
        store.put(
                key.hash(),
                new StoredKey(
                        UUID.randomUUID(),
                        new StoredAccount(UUID.randomUUID(), true, tier),
                        EnumSet.of(Scope.EXECUTE, Scope.MODULES, Scope.USAGE),
                        Optional.of(store.now.plus(Duration.ofDays(1))),
                        false));
        SimpleMeterRegistry metrics = new SimpleMeterRegistry();
        AuthConfig config = AuthConfig.defaults();
        EpochWatch epochs = new EpochWatch(store::epoch, config.stale(), Ticker.systemTicker(), metrics);
        epochs.start(config.epochPoll());
        authenticator = new CachingAuthenticator(config, store, epochs, Ticker.systemTicker(), metrics);
        caller = authenticate();
    }

    @TearDown(Level.Trial)
    public void close() {
        authenticator.close();
    }

    @Benchmark
    public Caller authenticate() {
        return caller(authenticator.authenticate(header, PEER));
    }

    @Benchmark
    public Caller recheck() {
        return caller(authenticator.recheck(caller));
    }

    @Benchmark
    public byte[] floor() throws NoSuchAlgorithmException {
        return MessageDigest.getInstance("SHA-256").digest(text);
    }

    // Fails on a refusal, which would be another path.
    private static Caller caller(java.util.concurrent.CompletionStage<Authentication> answer) {
        return ((Granted) answer.toCompletableFuture().join()).caller();
    }
}

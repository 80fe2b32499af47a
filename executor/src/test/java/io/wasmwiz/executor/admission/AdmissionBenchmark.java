package io.wasmwiz.executor.admission;

import com.github.benmanes.caffeine.cache.Ticker;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.executor.admission.Admission.Admitted;
import io.wasmwiz.executor.admission.Permit.Use;
import io.wasmwiz.executor.auth.Caller;
import io.wasmwiz.executor.auth.Scope;
import io.wasmwiz.executor.auth.Tier;
import io.wasmwiz.executor.events.RecordingExecutionEvents;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
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
 * One admission and its release while the account's lease has units: no input or output. {@code floor} is what no
 * admission can do without: the time, an id and a completed stage.
 *
 * <p>Run with {@code java -cp <test class path> org.openjdk.jmh.Main AdmissionBenchmark}.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class AdmissionBenchmark {
    private final TimedIds ids = new TimedIds();
    private final Caller caller = new Caller(
            UUID.randomUUID(),
            Optional.of(UUID.randomUUID()),
            Set.of(Scope.EXECUTE),
            new Tier("Wide", 1, 1_000_000_000, 1_000_000_000, 128, Duration.ofSeconds(5), 1_000));
    private LeasedAdmission admission;

    @Setup(Level.Trial)
    public void open() {
        InMemoryQuotas store = new InMemoryQuotas(Instant::now);
        store.putTier("Wide", 1_000_000_000, 1_000_000_000, 1);
        AdmissionConfig config = AdmissionConfig.defaults("benchmark");
        admission = new LeasedAdmission(
                config,
                store.of(config),
                ids,
                new RecordingExecutionEvents(),
                Duration.ofSeconds(10),
                Ticker.systemTicker(),
                new SimpleMeterRegistry());
    }

    @TearDown(Level.Trial)
    public void close() {
        admission.close();
    }

    @Benchmark
    public Permit admitAndRelease() {
        // Fails on a refusal, which would be another path.
        Permit permit =
                ((Admitted) admission.admit(caller).toCompletableFuture().join()).permit();
        permit.release(Use.RETURNED);
        return permit;
    }

    @Benchmark
    public CompletableFuture<UUID> floor() {
        return CompletableFuture.completedFuture(ids.at(Instant.ofEpochMilli(System.nanoTime() >> 20)));
    }
}

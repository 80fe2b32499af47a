package io.wasmwiz.metering;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.wasmwiz.metering.event.DeadReason;
import io.wasmwiz.metering.event.LogBatch;
import io.wasmwiz.metering.store.PostgresWatermark;
import io.wasmwiz.metering.store.WriteOutcome;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What metering tells Prometheus. Counters count what is committed. Labels are partitions, outcomes and reasons, never
 * accounts. Thread-safe.
 */
public final class MeteringMetrics {
    private final MeterRegistry registry;
    private final Timer writes;
    private final Counter writeFailures;
    private final Counter positionsMoved;
    private final Counter uncounted;
    private final Counter leasesGivenUp;
    private final DistributionSummary batchRecords;
    private final Map<Integer, Long> lags = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable Reconciled> reconciled = new AtomicReference<>();
    private final Counter reconcileFailures;
    private final AtomicReference<Double> watermarkLagSeconds = new AtomicReference<>(0.0);
    private final Set<Integer> lagGauges = ConcurrentHashMap.newKeySet();

    public MeteringMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.writes = Timer.builder("wasmwiz.metering.write")
                .description("Time of a batch's transaction, whatever became of it")
                .serviceLevelObjectives(
                        Duration.ofMillis(5),
                        Duration.ofMillis(20),
                        Duration.ofMillis(50),
                        Duration.ofMillis(100),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(10))
                .register(registry);
        this.writeFailures = Counter.builder("wasmwiz.metering.write.failures")
                .description("Attempts to write a batch that failed and are repeated")
                .register(registry);
        this.positionsMoved = Counter.builder("wasmwiz.metering.positions.moved")
                .description("Batches dropped because the ledger's position was another than the batch's")
                .register(registry);
        this.uncounted = Counter.builder("wasmwiz.metering.rows.uncounted")
                .description("Rows that no daily counter holds, because their account is gone")
                .register(registry);
        this.leasesGivenUp = Counter.builder("wasmwiz.metering.leases.given.up")
                .description("Leases closed for executors that are gone")
                .register(registry);
        this.batchRecords = DistributionSummary.builder("wasmwiz.metering.batch.records")
                .description("Records in a written batch")
                .serviceLevelObjectives(10, 100, 1_000, 2_500, 5_000, 10_000)
                .register(registry);
        this.reconcileFailures = Counter.builder("wasmwiz.metering.reconcile.failures")
                .description("Comparisons of the books that this worker could not make")
                .register(registry);
        Gauge.builder("wasmwiz.metering.watermark.lag", watermarkLagSeconds, AtomicReference::get)
                .description("How far the watermark is behind PostgreSQL's clock, as this worker saw it last")
                .baseUnit("seconds")
                .register(registry);
        for (DeadReason reason : DeadReason.values()) {
            dead(reason);
        }
        for (String outcome : new String[] {"charged", "late", "not_chargeable", "duplicate", "below_retention"}) {
            executions(outcome);
        }
        for (String outcome : new String[] {"settled", "repeated", "unknown"}) {
            leaseCloses(outcome);
        }
    }

    /** Publishes how many partitions are read and how many stand still. */
    public void watchPartitions(Supplier<Number> read, Supplier<Number> stalled) {
        Gauge.builder("wasmwiz.metering.partitions.read", read)
                .description("Partitions that this worker reads")
                .strongReference(true)
                .register(registry);
        Gauge.builder("wasmwiz.metering.partitions.stalled", stalled)
                .description("Partitions of this worker that stand still until an operator acts")
                .strongReference(true)
                .register(registry);
    }

    /** Times {@code write}. */
    public WriteOutcome timeWrite(Supplier<WriteOutcome> write) {
        Timer.Sample sample = Timer.start(registry);
        try {
            return write.get();
        } finally {
            sample.stop(writes);
        }
    }

    /** A batch was committed. */
    public void written(LogBatch batch, WriteOutcome.Written written) {
        batchRecords.record(batch.entries().size());
        executions("charged").increment(written.charged());
        executions("late").increment(written.late());
        executions("not_chargeable").increment(written.notChargeable());
        executions("duplicate").increment(written.duplicates());
        executions("below_retention").increment(written.skipped());
        leaseCloses("settled").increment(written.leasesSettled());
        leaseCloses("repeated").increment(written.leaseClosesRepeated());
        leaseCloses("unknown").increment(written.leaseClosesUnknown());
        uncounted.increment((double) written.uncounted());
        written.dead().forEach((reason, count) -> dead(reason).increment(count));
    }

    /** A batch could not be written and will be tried again. */
    public void writeFailed() {
        writeFailures.increment();
    }

    /** A batch was dropped because the ledger is at another position. */
    public void positionMoved() {
        positionsMoved.increment();
    }

    /** Leases were found whose executors are gone. */
    public void leasesGivenUp(int leases) {
        leasesGivenUp.increment(leases);
    }

    /** The watermark was moved on. */
    public void watermark(PostgresWatermark.Mark mark) {
        watermarkLagSeconds.set(mark.lag().toMillis() / 1e3);
    }

    /** Distances to the ends of the partitions that are read; others have none. */
    public void lag(Map<Integer, Long> newest) {
        lags.keySet().retainAll(newest.keySet());
        lags.putAll(newest);
        for (Integer partition : newest.keySet()) {
            if (lagGauges.add(partition)) {
                Gauge.builder("wasmwiz.metering.lag", () -> lags.getOrDefault(partition, 0L))
                        .description("Records of a partition that this worker reads and are not in the ledger")
                        .tag("partition", partition.toString())
                        .strongReference(true)
                        .register(registry);
            }
        }
    }

    /** The newest comparison of the books, by whichever worker, found {@code drift} and is {@code age} old. */
    public void reconciled(long drift, Duration age) {
        Reconciled newest = new Reconciled(drift, System.nanoTime() - age.toNanos());
        if (reconciled.getAndSet(newest) == null) {
            Gauge.builder("wasmwiz.metering.reconcile.drift", () -> known().drift())
                    .description("Disagreements that the newest comparison of rows, counters, leases and log found")
                    .strongReference(true)
                    .register(registry);
            Gauge.builder("wasmwiz.metering.reconcile.age", () -> (System.nanoTime() - known().asOfNanos()) / 1e9)
                    .description("Time since the snapshot of that comparison")
                    .baseUnit("seconds")
                    .strongReference(true)
                    .register(registry);
        }
    }

    private Reconciled known() {
        return Objects.requireNonNull(reconciled.get());
    }

    /** A comparison of the books could not be made. */
    public void reconcileFailed() {
        reconcileFailures.increment();
    }

    private record Reconciled(long drift, long asOfNanos) {}

    private Counter executions(String outcome) {
        return Counter.builder("wasmwiz.metering.executions")
                .description("Execution events by what became of them")
                .tag("outcome", outcome)
                .register(registry);
    }

    private Counter leaseCloses(String outcome) {
        return Counter.builder("wasmwiz.metering.lease.closes")
                .description("Ends of leases by what they did")
                .tag("outcome", outcome)
                .register(registry);
    }

    private Counter dead(DeadReason reason) {
        return Counter.builder("wasmwiz.metering.dead")
                .description("Records put into dead_events")
                .tag("reason", reason.name())
                .register(registry);
    }
}

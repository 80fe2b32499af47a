package io.wasmwiz.metering.reconcile;

import io.wasmwiz.metering.MeteringMetrics;
import io.wasmwiz.metering.consume.LogConfig;
import io.wasmwiz.metering.reconcile.Reconciler.LogSource;
import io.wasmwiz.metering.reconcile.Reconciliations.Begin;
import io.wasmwiz.metering.reconcile.Reconciliations.Newest;
import io.wasmwiz.metering.reconcile.Reconciliations.Turn;
import io.wasmwiz.service.database.DatabaseUrl;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reconciles the newest days now and then, one worker at a time, and shows the newest result of any worker in this one's
 * metrics. Not thread-safe.
 */
public final class PeriodicReconciliation {
    private static final Logger log = LoggerFactory.getLogger(PeriodicReconciliation.class);
    private static final Duration LONGEST_LOOK = Duration.ofMinutes(1);
    private static final Duration LOG_TIMEOUT = Duration.ofSeconds(30);
    /** Findings that are kept in words. */
    private static final int MAX_FINDINGS = 20;

    private final ReconcileConfig config;
    private final Reconciler reconciler;
    private final Reconciliations results;
    private final MeteringMetrics metrics;

    /** Opens nothing until {@link #look}. */
    public PeriodicReconciliation(
            ReconcileConfig config, String databaseUrl, LogConfig source, MeteringMetrics metrics) {
        this.config = config;
        this.reconciler = new Reconciler(
                DatabaseUrl.parse(databaseUrl),
                new LogSource(source.bootstrapServers(), source.clientProperties(), source.topic(), LOG_TIMEOUT));
        this.results = new Reconciliations(reconciler.jdbi());
        this.metrics = metrics;
    }

    /** How often to {@link #look}. */
    public Duration lookEvery() {
        return config.interval().compareTo(LONGEST_LOOK) < 0 ? config.interval() : LONGEST_LOOK;
    }

    /** Reconciles if the newest result is old enough and no other worker is at it; then shows the newest. */
    public void look() throws Exception {
        if (isDue(results.newest())) {
            try (TurnOrNot turn = new TurnOrNot(results.tryTurn())) {
                // Another may have finished between the look and the turn.
                if (turn.mine().isPresent() && isDue(results.newest())) {
                    reconcile(turn.mine().get());
                }
            }
        }
        results.newest().ifPresent(newest -> metrics.reconciled(newest.drift(), newest.age()));
    }

    private record TurnOrNot(Optional<Turn> mine) implements AutoCloseable {
        @Override
        public void close() {
            mine.ifPresent(Turn::close);
        }
    }

    private boolean isDue(Optional<Newest> newest) {
        return newest.map(known -> known.age().compareTo(config.interval()) >= 0)
                .orElse(true);
    }

    private void reconcile(Turn turn) throws Exception {
        try {
            Begin begin = turn.begin(config.days());
            Report report = reconciler.run(Days.since(begin.since()), MAX_FINDINGS, config.timeout(), config.timeout());
            turn.add(begin, report);
            if (report.drift() > 0) {
                log.atError()
                        .addKeyValue("drift", report.drift())
                        .addKeyValue("since", begin.since())
                        .addKeyValue("first", report.findings().get(0).sentence())
                        .log("the books do not agree: wasmwiz reconcile names every finding");
            }
        } catch (Exception e) {
            metrics.reconcileFailed();
            throw e;
        }
    }
}

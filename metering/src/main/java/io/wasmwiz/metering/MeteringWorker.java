package io.wasmwiz.metering;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.wasmwiz.metering.consume.EventTopic;
import io.wasmwiz.metering.consume.LogConsumer;
import io.wasmwiz.metering.event.EventDecoder;
import io.wasmwiz.metering.lease.LeaseSweep;
import io.wasmwiz.metering.publish.LogWriter;
import io.wasmwiz.metering.reconcile.PeriodicReconciliation;
import io.wasmwiz.metering.store.PostgresAbandonedLeases;
import io.wasmwiz.metering.store.PostgresLedger;
import io.wasmwiz.metering.store.PostgresRetention;
import io.wasmwiz.metering.store.PostgresUsagePartitions;
import io.wasmwiz.metering.store.PostgresWatermark;
import io.wasmwiz.metering.store.StuckTransactions;
import io.wasmwiz.metering.store.TransactionHook;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.admin.AdminServer;
import io.wasmwiz.service.database.Database;
import io.wasmwiz.service.database.SchemaCheck;
import io.wasmwiz.service.health.HealthCheck;
import io.wasmwiz.service.health.HealthMonitor;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running metering worker: the parts list. Any number of workers may share a consumer group; the ledger's positions
 * keep them apart. Thread-safe; its starter closes it.
 */
public final class MeteringWorker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MeteringWorker.class);
    private static final String APPLICATION = "wasmwiz-metering";
    private static final Duration DATABASE_WAIT = Duration.ofSeconds(30);
    private static final Duration PARTITIONS_EVERY = Duration.ofHours(1);
    private static final Duration RETENTION_EVERY = Duration.ofHours(1);
    private static final Duration STUCK_EVERY = Duration.ofSeconds(5);
    private static final Duration LAG_EVERY = Duration.ofSeconds(5);

    private final AdminServer admin;
    private final LogConsumer consumer;
    private final Closer closer;
    private final CountDownLatch closed = new CountDownLatch(1);

    private MeteringWorker(AdminServer admin, LogConsumer consumer, Closer closer) {
        this.admin = admin;
        this.consumer = consumer;
        this.closer = closer;
    }

    /**
     * Starts a worker. Waits for PostgreSQL, at most half a minute, but not for Kafka.
     *
     * @throws io.wasmwiz.service.database.SchemaMismatchException when the database does not answer or fit
     */
    public static MeteringWorker start(MeteringConfig config) {
        return start(config, TransactionHook.NONE);
    }

    static MeteringWorker start(MeteringConfig config, TransactionHook hook) {
        Closer closer = new Closer();
        try {
            PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            closer.add(registry::close);
            MeteringMetrics metrics = new MeteringMetrics(registry);
            Database database = closer.add(Database.open(config.database(), APPLICATION, registry));
            int schemaVersion = SchemaCheck.require(database, DATABASE_WAIT);
            PostgresUsagePartitions partitions = new PostgresUsagePartitions(database.jdbi(), config.ledger());
            PostgresLedger ledger =
                    new PostgresLedger(database.jdbi(), config.log().topic(), config.ledger(), partitions, hook);
            EventTopic topic = closer.add(EventTopic.open(config.log()));
            LogConsumer consumer = closer.add(LogConsumer.start(
                    config.log(), topic, ledger, new EventDecoder(Clock.systemUTC()), metrics, config.drainTimeout()));
            Housekeeping housekeeping = closer.add(new Housekeeping("housekeeping"));
            Housekeeping.Job partitionsMade =
                    housekeeping.repeat("usage partitions", PARTITIONS_EVERY, partitions::ensureAhead);
            housekeeping.repeat("lag", LAG_EVERY, consumer::measureLag);
            StuckTransactions stuck = new StuckTransactions(database.jdbi(), APPLICATION, config.ledger());
            housekeeping.repeat("stuck transactions", STUCK_EVERY, stuck::end);
            // Each on a thread of its own: the log's answers and large tables take their time.
            PostgresRetention retention = new PostgresRetention(database.jdbi(), config.ledger());
            Housekeeping.Job retentionDone =
                    closer.add(new Housekeeping("retention")).repeat("retention", RETENTION_EVERY, retention::run);
            LeaseSweep sweep = new LeaseSweep(
                    new PostgresAbandonedLeases(database.jdbi(), config.ledger()),
                    closer.add(LogWriter.open(config.log())),
                    config.leases(),
                    metrics,
                    Clock.systemUTC());
            Housekeeping.Job leasesSwept = closer.add(new Housekeeping("lease-sweep"))
                    .repeat("lease sweep", config.leases().sweepInterval(), sweep::sweep);
            if (config.reconcile().enabled()) {
                PeriodicReconciliation reconciliation = new PeriodicReconciliation(
                        config.reconcile(), config.database().url(), config.log(), metrics);
                closer.add(new Housekeeping("reconciliation"))
                        .repeatLater("reconciliation", reconciliation.lookEvery(), reconciliation::look);
            }
            PostgresWatermark watermark = new PostgresWatermark(
                    database.jdbi(), config.ledger(), config.leases().grantTimeout());
            Housekeeping.Job watermarkMoved = closer.add(new Housekeeping("watermark"))
                    .repeat(
                            "watermark",
                            config.leases().watermarkInterval(),
                            () -> watermark.advance().ifPresent(metrics::watermark));
            HealthMonitor health = closer.add(HealthMonitor.start(
                    List.of(
                            check("postgresql", database::ping),
                            check("kafka", topic::probe),
                            check("consumer", consumer::probe),
                            check("partitions", consumer::probePartitions),
                            check("usage_partitions", partitionsMade),
                            check("retention", retentionDone),
                            check("leases", leasesSwept),
                            check("watermark", watermarkMoved)),
                    registry));
            AdminServer admin = closer.add(
                    AdminServer.start(config.admin().host(), config.admin().port(), registry, health, schemaVersion));
            log.atInfo()
                    .addKeyValue("adminPort", admin.port())
                    .addKeyValue("topic", config.log().topic())
                    .addKeyValue("group", config.log().group())
                    .log("metering started");
            return new MeteringWorker(admin, consumer, closer);
        } catch (Throwable e) {
            throw closer.closeAfter(e);
        }
    }

    private static HealthCheck check(String name, Housekeeping.Job question) {
        return new HealthCheck(name, () -> {
            question.run();
            return name;
        });
    }

    /** The admin port in use. */
    public int adminPort() {
        return admin.port();
    }

    /** Waits until the worker is closed. A dead loop does not close it: health shows the cause. */
    public void awaitTermination() throws InterruptedException {
        closed.await();
    }

    /** Finishes the batch in hand, within the drain time-out, leaves the group and closes everything. Once or often. */
    @Override
    public void close() {
        admin.drain();
        try {
            consumer.close();
        } finally {
            closer.close();
            closed.countDown();
        }
    }
}

package io.wasmwiz.local.bench;

import io.wasmwiz.embedded.EmbeddedKafka;
import io.wasmwiz.embedded.EmbeddedPostgres;
import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.local.bench.BenchLedger.Tenant;
import io.wasmwiz.metering.MeteringCommand;
import io.wasmwiz.metering.MeteringWorker;
import io.wasmwiz.migrations.Migrations;
import io.wasmwiz.migrations.ServiceLogins;
import io.wasmwiz.migrations.ServiceRole;
import io.wasmwiz.service.database.DatabaseUrl;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Rounds of metering and bare COPY of the same rows, and the lag of metering at a given rate. */
final class MeteringBench {
    private static final String DATABASE = "postgres";
    private static final String PASSWORD = "bench";
    private static final long PACE_NANOS = 1_000_000;
    private static final long LAG_LIMIT_SECONDS = 120;

    private final EmbeddedPostgres postgres;
    private final EmbeddedKafka kafka;
    private final BenchLedger ledger;
    private final int records;
    private final int accounts;
    private final int batch;

    private MeteringBench(
            EmbeddedPostgres postgres, EmbeddedKafka kafka, BenchLedger ledger, int records, int accounts, int batch) {
        this.postgres = postgres;
        this.kafka = kafka;
        this.ledger = ledger;
        this.records = records;
        this.accounts = accounts;
        this.batch = batch;
    }

    /** Brings the schema into {@code postgres}. */
    static MeteringBench prepare(EmbeddedPostgres postgres, EmbeddedKafka kafka, int records, int accounts, int batch) {
        DatabaseUrl url = DatabaseUrl.parse(postgres.url(DATABASE));
        Migrations.of(url).migrate();
        BenchLedger ledger = new BenchLedger(url);
        ServiceLogins.ensure(ledger.jdbi(), Map.of(ServiceRole.METERING, PASSWORD));
        return new MeteringBench(postgres, kafka, ledger, records, accounts, batch);
    }

    MeteringFigures round(int number) throws Exception {
        String topic = "bench-" + number;
        kafka.createTopic(topic, ExecutionLog.DEFAULT_PARTITIONS);
        List<Tenant> tenants = ledger.renew(accounts, records);
        publish(topic, tenants);
        double metered = meter(topic);
        if (ledger.settled() != records) {
            throw new IllegalStateException(
                    "%d units are charged and settled, %d were used".formatted(ledger.settled(), records));
        }
        return MeteringFigures.of(
                metered,
                ledger.copy(batch, records, Floor.Clock.ofThisProcess()).perSecond());
    }

    /** Publishes {@code rate} records a second for {@code seconds} and follows each into the ledger. */
    LagFigures lag(double rate, int seconds) throws Exception {
        String topic = "bench-lag";
        kafka.createTopic(topic, ExecutionLog.DEFAULT_PARTITIONS);
        int published = Math.toIntExact(Math.round(rate * seconds));
        List<Tenant> tenants = ledger.renew(accounts, published);
        CountedLag lag = new CountedLag(published);
        Random random = new Random(1);
        Instant noon = noon();
        try (BenchEvents events = new BenchEvents(kafka.bootstrapServers(), topic);
                MeteringWorker worker = worker(topic)) {
            // Joining the group is not what is measured.
            events.leaseClosed(UUID.randomUUID(), UUID.randomUUID());
            ledger.await(1);
            CompletableFuture<Void> watching = CompletableFuture.runAsync(() -> ledger.watch(lag));
            long started = System.nanoTime();
            for (int sent = 0; sent < published; ) {
                LockSupport.parkNanos(PACE_NANOS);
                long due = Math.min(published, (long) ((System.nanoTime() - started) / 1e9 * rate));
                for (; sent < due; sent++) {
                    Tenant tenant = tenants.get(random.nextInt(tenants.size()));
                    events.execution(tenant.account(), tenant.key(), tenant.lease(), noon, lag);
                }
            }
            double rateReached = published / ((System.nanoTime() - started) / 1e9);
            events.flush();
            watching.get(LAG_LIMIT_SECONDS, TimeUnit.SECONDS);
            return new LagFigures(rateReached, lag.millisOf(0.5), lag.millisOf(0.99), lag.millisOf(1));
        }
    }

    private static Instant noon() {
        return LocalDate.now(ZoneOffset.UTC).atTime(LocalTime.NOON).toInstant(ZoneOffset.UTC);
    }

    private void publish(String topic, List<Tenant> tenants) {
        Random random = new Random(1);
        Instant noon = noon();
        try (BenchEvents events = new BenchEvents(kafka.bootstrapServers(), topic)) {
            for (int i = 0; i < records; i++) {
                Tenant tenant = tenants.get(random.nextInt(tenants.size()));
                events.execution(tenant.account(), tenant.key(), tenant.lease(), noon, null);
            }
            tenants.forEach(tenant -> events.leaseClosed(tenant.account(), tenant.lease()));
            events.flush();
        }
    }

    private double meter(String topic) {
        try (MeteringWorker worker = worker(topic)) {
            // Joining the group is not what is measured: the clock starts with the first committed batch.
            long first = ledger.await(1);
            long started = System.nanoTime();
            long last = ledger.await((long) records + accounts);
            return (last - first) / ((System.nanoTime() - started) / 1e9);
        }
    }

    private MeteringWorker worker(String topic) {
        return MeteringWorker.start(MeteringCommand.parse(
                Map.of(),
                "--admin-host=127.0.0.1",
                "--admin-port=0",
                "--database-url=" + postgres.url(DATABASE, ServiceRole.METERING.loginName(), PASSWORD),
                "--kafka-bootstrap-servers=" + kafka.bootstrapServers(),
                "--kafka-topic=" + topic,
                "--consumer-group=" + topic,
                "--max-batch-records=" + batch));
    }
}

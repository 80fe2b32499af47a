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

/** Rounds of metering and bare COPY of the same rows. */
final class MeteringBench {
    private static final String DATABASE = "postgres";
    private static final String PASSWORD = "bench";

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
        return new MeteringFigures(metered, ledger.copy(batch));
    }

    private void publish(String topic, List<Tenant> tenants) {
        Random random = new Random(1);
        Instant noon = LocalDate.now(ZoneOffset.UTC).atTime(LocalTime.NOON).toInstant(ZoneOffset.UTC);
        try (BenchEvents events = new BenchEvents(kafka.bootstrapServers(), topic)) {
            for (int i = 0; i < records; i++) {
                Tenant tenant = tenants.get(random.nextInt(tenants.size()));
                events.execution(tenant.account(), tenant.key(), tenant.lease(), noon);
            }
            tenants.forEach(tenant -> events.leaseClosed(tenant.account(), tenant.lease()));
            events.flush();
        }
    }

    private double meter(String topic) {
        try (MeteringWorker worker = MeteringWorker.start(MeteringCommand.parse(
                Map.of(),
                "--admin-host=127.0.0.1",
                "--admin-port=0",
                "--database-url=" + postgres.url(DATABASE, ServiceRole.METERING.loginName(), PASSWORD),
                "--kafka-bootstrap-servers=" + kafka.bootstrapServers(),
                "--kafka-topic=" + topic,
                "--consumer-group=" + topic,
                "--max-batch-records=" + batch))) {
            // Joining the group is not what is measured: the clock starts with the first committed batch.
            long first = ledger.await(1);
            long started = System.nanoTime();
            long last = ledger.await((long) records + accounts);
            return (last - first) / ((System.nanoTime() - started) / 1e9);
        }
    }
}

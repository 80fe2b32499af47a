package io.wasmwiz.metering;

import io.wasmwiz.embedded.EmbeddedKafka;
import io.wasmwiz.embedded.EmbeddedPostgres;
import io.wasmwiz.embedded.EmbeddedPostgresConfig;
import io.wasmwiz.embedded.FileTrees;
import io.wasmwiz.migrations.Migrations;
import io.wasmwiz.migrations.ServiceLogins;
import io.wasmwiz.migrations.ServiceRole;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.database.DatabaseUrl;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.jdbi.v3.core.Jdbi;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOut;

/**
 * Records a second from the topic to committed rows, beside its floor: binary COPY of the very same rows, in chunks of the
 * same size with a commit each, into the same emptied table of the same durable server, in the same run. The order of
 * the two alternates. The README says how to run it.
 */
public final class MeteringBenchmark {
    private static final int ACCOUNTS = 500;
    private static final int PARTITIONS = 12;
    private static final int BATCH = 5_000;
    private static final int HEADER_BYTES = 19;
    private static final String ALL_ROWS = "COPY usage_logs_%s TO STDOUT (FORMAT binary)";

    private final Stage stage;
    private final String superuserUrl;

    private MeteringBenchmark(Stage stage, String superuserUrl) {
        this.stage = stage;
        this.superuserUrl = superuserUrl;
    }

    public static void main(String[] arguments) throws Exception {
        int records = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 300_000;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
        Path directory = Files.createTempDirectory("wasmwiz-metering-benchmark-");
        try (Closer closer = new Closer()) {
            closer.add(() -> FileTrees.delete(directory));
            EmbeddedPostgres postgres =
                    closer.add(EmbeddedPostgres.start(EmbeddedPostgresConfig.of(directory.resolve("pg"), "benchmark")));
            DatabaseUrl superuser = DatabaseUrl.parse(postgres.url("postgres"));
            Migrations.of(superuser).migrate();
            Jdbi jdbi = Jdbi.create(superuser.jdbcUrl(), superuser.user(), superuser.password());
            ServiceLogins.ensure(jdbi, Map.of(ServiceRole.METERING, "benchmark"));
            EmbeddedKafka kafka = closer.add(EmbeddedKafka.start(directory.resolve("kafka"), 0));
            double[] metering = new double[rounds];
            double[] copy = new double[rounds];
            for (int round = 0; round < rounds; round++) {
                String topic = "round-" + round;
                kafka.createTopic(topic, PARTITIONS);
                try (Stage stage = new Stage(
                        jdbi,
                        postgres.url("postgres", ServiceRole.METERING.loginName(), "benchmark"),
                        kafka.bootstrapServers(),
                        topic)) {
                    MeteringBenchmark benchmark = new MeteringBenchmark(stage, superuser.jdbcUrl());
                    metering[round] = benchmark.metering(records);
                    copy[round] = benchmark.copy(superuser);
                }
                System.out.printf(
                        "round %d: metering %,.0f rows/s, bare COPY %,.0f rows/s, ratio %.2f%n",
                        round, metering[round], copy[round], metering[round] / copy[round]);
            }
            Arrays.sort(metering);
            Arrays.sort(copy);
            System.out.printf(
                    "median of %d rounds of %,d records: metering %,.0f rows/s, bare COPY %,.0f rows/s, ratio %.2f%n",
                    rounds, records, metering[rounds / 2], copy[rounds / 2], metering[rounds / 2] / copy[rounds / 2]);
        }
    }

    private double metering(int records) throws Exception {
        stage.jdbi()
                .useHandle(handle -> handle.execute(
                        "TRUNCATE usage_logs, log_positions, quota_leases, daily_tier_counters, users CASCADE"));
        List<UUID> accounts = new ArrayList<>();
        List<UUID> leases = new ArrayList<>();
        for (int i = 0; i < ACCOUNTS; i++) {
            accounts.add(stage.account());
            leases.add(stage.lease(accounts.get(i), records));
        }
        List<UUID> keys = accounts.stream().map(stage::key).toList();
        Random random = new Random(1);
        for (int i = 0; i < records; i++) {
            int account = random.nextInt(ACCOUNTS);
            stage.send(
                    accounts.get(account),
                    EventFixture.value(EventFixture.execution(accounts.get(account), leases.get(account), Stage.now())
                            .setApiKeyId(EventFixture.bytes(keys.get(account)))));
        }
        stage.flush();
        stage.jdbi().useHandle(handle -> handle.execute("CHECKPOINT"));
        try (MeteringWorker worker = stage.worker("--max-batch-records=" + BATCH)) {
            // Joining the group is not what is measured: the clock starts with the first committed batch.
            long first = await(1);
            long started = System.nanoTime();
            long last = await(records);
            double perSecond = (last - first) / ((System.nanoTime() - started) / 1e9);
            Stage.metrics(worker)
                    .lines()
                    .filter(line -> line.startsWith("wasmwiz_metering_write_seconds_sum")
                            || line.startsWith("wasmwiz_metering_write_seconds_count"))
                    .forEach(line -> System.out.println("  " + line));
            return perSecond;
        }
    }

    private long await(long records) {
        long position = stage.position();
        while (position < records) {
            LockSupport.parkNanos(2_000_000);
            position = stage.position();
        }
        return position;
    }

    private double copy(DatabaseUrl superuser) throws Exception {
        try (Connection connection =
                DriverManager.getConnection(superuserUrl, superuser.user(), superuser.password())) {
            List<byte[]> rows = rows(connection);
            stage.jdbi().useHandle(handle -> handle.execute("TRUNCATE usage_logs"));
            stage.jdbi().useHandle(handle -> handle.execute("CHECKPOINT"));
            connection.setAutoCommit(false);
            long started = System.nanoTime();
            for (int from = 0; from < rows.size(); from += BATCH) {
                CopyIn copy = connection
                        .unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyIn("COPY usage_logs FROM STDIN (FORMAT binary)");
                ByteArrayOutputStream chunk = new ByteArrayOutputStream();
                chunk.write(new byte[] {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0});
                chunk.write(new byte[8]);
                for (byte[] row : rows.subList(from, Math.min(rows.size(), from + BATCH))) {
                    chunk.write(row);
                }
                chunk.write(new byte[] {(byte) 0xff, (byte) 0xff});
                copy.writeToCopy(chunk.toByteArray(), 0, chunk.size());
                copy.endCopy();
                connection.commit();
            }
            return rows.size() / ((System.nanoTime() - started) / 1e9);
        }
    }

    /** The rows as PostgreSQL itself encodes them, in the order of the ledger. */
    private static List<byte[]> rows(Connection connection) throws Exception {
        List<byte[]> rows = new ArrayList<>();
        CopyOut copy = connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyOut(ALL_ROWS.formatted(Stage.today().toString().replace("-", "")));
        for (byte[] row = copy.readFromCopy(); row != null; row = copy.readFromCopy()) {
            rows.add(row);
        }
        rows.set(0, Arrays.copyOfRange(rows.get(0), HEADER_BYTES, rows.get(0).length));
        if (rows.get(rows.size() - 1).length == 2) {
            rows.remove(rows.size() - 1);
        }
        rows.removeIf(row -> row.length == 0);
        return rows;
    }
}

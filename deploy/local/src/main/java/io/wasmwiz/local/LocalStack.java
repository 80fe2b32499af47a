package io.wasmwiz.local;

import io.wasmwiz.embedded.EmbeddedKafka;
import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.executor.ExecutorCommand;
import io.wasmwiz.executor.ExecutorServer;
import io.wasmwiz.local.parts.Background;
import io.wasmwiz.local.parts.LocalAccount;
import io.wasmwiz.local.parts.LocalDatabase;
import io.wasmwiz.local.parts.Progress;
import io.wasmwiz.local.parts.Secrets;
import io.wasmwiz.local.parts.StackFile;
import io.wasmwiz.metering.MeteringCommand;
import io.wasmwiz.metering.MeteringWorker;
import io.wasmwiz.migrations.ServiceRole;
import io.wasmwiz.service.Closer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The running stack: PostgreSQL as a child process, the rest in this JVM. Must be started from a thread that lives as
 * long as the stack, since PostgreSQL stops with it. Its starter closes it.
 */
final class LocalStack implements AutoCloseable {
    private static final String HOST = "127.0.0.1";

    private final Closer closer;
    private final LocalDatabase database;
    private final EmbeddedKafka kafka;
    private final ExecutorServer executor;
    private final MeteringWorker metering;
    private final List<LocalAccount> accounts;

    private LocalStack(
            Closer closer,
            LocalDatabase database,
            EmbeddedKafka kafka,
            ExecutorServer executor,
            MeteringWorker metering,
            List<LocalAccount> accounts) {
        this.closer = closer;
        this.database = database;
        this.kafka = kafka;
        this.executor = executor;
        this.metering = metering;
        this.accounts = accounts;
    }

    /** Starts everything and returns once the executor serves. */
    static LocalStack start(LocalConfig config, Progress progress) throws Exception {
        config.requireFreePorts();
        Path data = Files.createDirectories(config.dataDirectory());
        Secrets secrets = Secrets.open(data.resolve("secrets.properties"));
        Closer closer = new Closer();
        try {
            CompletableFuture<EmbeddedKafka> starting = Background.start(
                    "kafka-start",
                    () -> progress.step(
                            "Kafka",
                            () -> closer.add(startKafka(
                                    data.resolve("kafka"), config.ports().kafka()))));
            LocalDatabase database = closer.add(LocalDatabase.start(
                    data.resolve("postgresql"), config.ports().postgres(), Map.of(), secrets, progress));
            List<LocalAccount> accounts = new ArrayList<>();
            for (String tier : LocalAccount.TIERS) {
                accounts.add(database.ensureAccount(tier, secrets));
            }
            EmbeddedKafka kafka = Background.await(starting);

            CompletableFuture<MeteringWorker> meteringStarting = Background.start(
                    "metering-start", () -> progress.step("metering", () -> startMetering(config, database, kafka)));
            ExecutorServer executor = progress.step(
                    "executor", () -> closer.add(startExecutor(config, database, kafka, secrets.tokenKeys())));
            MeteringWorker metering = closer.add(Background.await(meteringStarting));
            return new LocalStack(closer, database, kafka, executor, metering, List.copyOf(accounts));
        } catch (Exception | Error e) {
            throw closer.closeAfter(e);
        }
    }

    private static EmbeddedKafka startKafka(Path directory, int port) throws Exception {
        EmbeddedKafka kafka = EmbeddedKafka.start(directory, port);
        kafka.createTopic(ExecutionLog.TOPIC, ExecutionLog.DEFAULT_PARTITIONS);
        return kafka;
    }

    private static ExecutorServer startExecutor(
            LocalConfig config, LocalDatabase database, EmbeddedKafka kafka, String tokenKeys) throws Exception {
        return ExecutorServer.start(ExecutorCommand.parse(
                Map.of(),
                "--executor-id=local",
                "--env=development",
                "--grpc-host=" + HOST,
                "--grpc-port=" + config.ports().grpc(),
                "--grpc-reflection=true",
                "--admin-host=" + HOST,
                "--admin-port=" + config.ports().executorAdmin(),
                "--database-url=" + database.url(ServiceRole.EXECUTOR),
                "--usage-token-keys=" + tokenKeys,
                "--admin-service",
                "--admin-database-url=" + database.url(ServiceRole.ADMIN),
                "--kafka-bootstrap-servers=" + kafka.bootstrapServers()));
    }

    private static MeteringWorker startMetering(LocalConfig config, LocalDatabase database, EmbeddedKafka kafka)
            throws Exception {
        return MeteringWorker.start(MeteringCommand.parse(
                Map.of(),
                "--admin-host=" + HOST,
                "--admin-port=" + config.ports().meteringAdmin(),
                "--database-url=" + database.url(ServiceRole.METERING),
                "--kafka-bootstrap-servers=" + kafka.bootstrapServers()));
    }

    /** {@code host:port} of the gRPC API. */
    String grpcAddress() {
        return HOST + ":" + executor.grpcPort();
    }

    /** {@code host:port} of the executor's admin port. */
    String executorAdminAddress() {
        return HOST + ":" + executor.adminPort();
    }

    /** {@code host:port} of metering's admin port. */
    String meteringAdminAddress() {
        return HOST + ":" + metering.adminPort();
    }

    /** {@code host:port} of the broker. */
    String kafkaBootstrapServers() {
        return kafka.bootstrapServers();
    }

    /** A database URL for a login that reads the ledger and changes nothing. */
    String readerUrl() {
        return database.url(ServiceRole.READER);
    }

    /** A database URL for {@code wasmwiz admin bootstrap}. */
    String adminUrl() {
        return database.url(ServiceRole.ADMIN);
    }

    /** What the client needs to know. */
    StackFile.Content description() {
        return new StackFile.Content(
                grpcAddress(),
                executorAdminAddress(),
                meteringAdminAddress(),
                readerUrl(),
                kafkaBootstrapServers(),
                Map.of("postgresql", database.pid()),
                accounts);
    }

    /** The seeded accounts, one a tier. */
    List<LocalAccount> accounts() {
        return accounts;
    }

    /** Stops everything in reverse order: calls are drained and metered before PostgreSQL goes. */
    @Override
    public void close() {
        closer.close();
    }
}

package io.wasmwiz.local;

import io.wasmwiz.embedded.EmbeddedPostgres;
import io.wasmwiz.embedded.EmbeddedPostgresConfig;
import io.wasmwiz.embedded.ForkedKafka;
import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.executor.ExecutorCommand;
import io.wasmwiz.executor.ExecutorServer;
import io.wasmwiz.executor.auth.ApiKey;
import io.wasmwiz.metering.MeteringCommand;
import io.wasmwiz.metering.MeteringWorker;
import io.wasmwiz.migrations.Migrations;
import io.wasmwiz.migrations.ServiceLogins;
import io.wasmwiz.migrations.ServiceRole;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.database.DatabaseUrl;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/** The stack with PostgreSQL and Kafka in processes of their own, and an account whose tier never stands in the way. */
final class KillableStack implements AutoCloseable {
    private static final String PASSWORD = "for-this-test-alone";

    final EmbeddedPostgres postgres;
    final ForkedKafka kafka;
    final ExecutorServer executor;
    final MeteringWorker metering;
    final String apiKey;
    private final Closer closer;

    private KillableStack(Closer closer, Path directory) throws Exception {
        this.closer = closer;
        postgres = closer.add(EmbeddedPostgres.start(EmbeddedPostgresConfig.of(directory.resolve("pg"), PASSWORD)));
        Migrations.of(DatabaseUrl.parse(postgres.url("postgres"))).migrate();
        ServiceLogins.ensure(jdbi(), Map.of(ServiceRole.EXECUTOR, PASSWORD, ServiceRole.METERING, PASSWORD));
        apiKey = insertAccount();
        kafka = closer.add(ForkedKafka.start(directory.resolve("kafka"), 0));
        kafka.createTopic(ExecutionLog.TOPIC, 3);
        metering = closer.add(MeteringWorker.start(MeteringCommand.parse(
                Map.of(),
                "--admin-host=127.0.0.1",
                "--admin-port=0",
                "--database-url=" + url(ServiceRole.METERING),
                "--kafka-bootstrap-servers=" + kafka.bootstrapServers())));
        executor = closer.add(ExecutorServer.start(ExecutorCommand.parse(
                Map.of(),
                "--grpc-host=127.0.0.1",
                "--grpc-port=0",
                "--admin-host=127.0.0.1",
                "--admin-port=0",
                "--database-url=" + url(ServiceRole.EXECUTOR),
                "--kafka-bootstrap-servers=" + kafka.bootstrapServers())));
    }

    static KillableStack start(Path directory) throws Exception {
        Closer closer = new Closer();
        try {
            return new KillableStack(closer, directory);
        } catch (Exception | Error e) {
            throw closer.closeAfter(e);
        }
    }

    /** As the superuser. */
    Jdbi jdbi() {
        DatabaseUrl url = DatabaseUrl.parse(postgres.url("postgres"));
        return Jdbi.create(url.jdbcUrl(), url.user(), url.password());
    }

    private String url(ServiceRole role) {
        return postgres.url("postgres", role.loginName(), PASSWORD);
    }

    private String insertAccount() {
        ApiKey key = ApiKey.generate(new SecureRandom());
        UUID account = UUID.randomUUID();
        jdbi().useTransaction(handle -> {
            handle.execute("INSERT INTO subscription_tiers (name, executions_per_minute, executions_per_day,"
                    + " memory_mib, run_time_ms, max_concurrency)"
                    + " VALUES ('Unhindered', 1000000, 1000000, 64, 5000, 100)");
            handle.execute("INSERT INTO users (id, name, tier) VALUES (?, 'trickle', 'Unhindered')", account);
            handle.execute(
                    "INSERT INTO api_keys (id, user_id, key_hash) VALUES (?, ?, ?)",
                    UUID.randomUUID(),
                    account,
                    key.hash().sha256());
        });
        return key.text();
    }

    @Override
    public void close() {
        closer.close();
    }
}

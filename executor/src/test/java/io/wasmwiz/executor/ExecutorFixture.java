package io.wasmwiz.executor;

import io.wasmwiz.executor.auth.ApiKey;
import io.wasmwiz.testing.TestDatabase;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A whole executor in this JVM and a client of it. */
final class ExecutorFixture extends ExecutorClient {
    private final ExecutorServer server;

    private ExecutorFixture(ExecutorServer server) {
        super(server.grpcPort(), server.adminPort());
        this.server = server;
    }

    /** Starts on free ports, as the executor's own role where {@code databaseUrl} says so. */
    static ExecutorFixture start(String databaseUrl, String bootstrapServers, String topic, String... moreFlags) {
        return new ExecutorFixture(ExecutorServer.start(ExecutorCommand.parse(
                environment(databaseUrl, bootstrapServers),
                flags(topic, moreFlags).toArray(String[]::new))));
    }

    /** Starts one with the admin service. */
    static ExecutorFixture startWithAdmin(
            TestDatabase database, String bootstrapServers, String topic, String... moreFlags) {
        List<String> flags = new ArrayList<>(List.of(moreFlags));
        flags.add("--admin-service");
        flags.add("--admin-database-url=" + database.url("wasmwiz_admin"));
        return start(database.url("wasmwiz_executor"), bootstrapServers, topic, flags.toArray(String[]::new));
    }

    /** Where an executor finds its servers. */
    static Map<String, String> environment(String databaseUrl, String bootstrapServers) {
        return Map.of("DATABASE_URL", databaseUrl, "WASMWIZ_KAFKA_BOOTSTRAP_SERVERS", bootstrapServers);
    }

    /** A small executor on free ports of the loopback address. */
    static List<String> flags(String topic, String... more) {
        List<String> flags = new ArrayList<>(List.of(
                "--grpc-host=127.0.0.1",
                "--grpc-port=0",
                "--admin-host=127.0.0.1",
                "--admin-port=0",
                "--sandbox-processes=2",
                "--sandbox-max-processes=2",
                "--warm-up-runs=1",
                "--kafka-topic=" + topic));
        flags.addAll(List.of(more));
        if (flags.stream().noneMatch(flag -> flag.startsWith("--drain-timeout"))) {
            flags.add("--drain-timeout=5s");
        }
        return flags;
    }

    /** A tenant with one key. */
    record Tenant(UUID accountId, UUID keyId, String key) {
        static Tenant create(TestDatabase database, String tier) {
            UUID account = database.insertAccount("account-" + UUID.randomUUID(), tier);
            ApiKey key = ApiKey.generate(new SecureRandom());
            return new Tenant(account, database.insertKey(account, key.hash().sha256()), key.text());
        }

        /** A tenant whose one key has these scopes, for example {@code {account}}. */
        static Tenant withScopes(TestDatabase database, String tier, String scopes) {
            Tenant tenant = create(database, tier);
            database.jdbi()
                    .useHandle(handle -> handle.execute(
                            "UPDATE api_keys SET scopes = CAST(? AS text[]) WHERE id = ?", scopes, tenant.keyId()));
            return tenant;
        }
    }

    ExecutorServer server() {
        return server;
    }

    /** Ends the client, then the server. */
    @Override
    public void close() {
        super.close();
        server.close();
    }
}

package io.wasmwiz.local.cluster;

import io.wasmwiz.embedded.KafkaNode;
import io.wasmwiz.local.parts.LocalDatabase;
import io.wasmwiz.migrations.ServiceRole;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How each process of a cluster is started. */
final class ClusterMembers {
    private static final String HOST = "127.0.0.1";
    private static final int CONTROLLER_ID = 100;
    private static final int SANDBOX_USERS = 512;
    private static final int FIRST_SANDBOX_USER = 47_200;
    private static final Duration KAFKA_STOP = Duration.ofSeconds(10);
    private static final Duration SERVICE_STOP = Duration.ofSeconds(75);

    private final ClusterConfig config;
    private final Links links;

    ClusterMembers(ClusterConfig config, Links links) {
        this.config = config;
        this.links = links;
    }

    String bootstrapServers() {
        return IntStream.rangeClosed(1, config.size().brokers())
                .mapToObj(number -> address(Role.BROKER, number))
                .collect(Collectors.joining(","));
    }

    /** Of all brokers, as the services reach them. */
    private String linkedServers() {
        return IntStream.rangeClosed(1, config.size().brokers())
                .map(number -> links.port(Role.BROKER, number, config.ports().serving(Role.BROKER, number)))
                .mapToObj(port -> HOST + ":" + port)
                .collect(Collectors.joining(","));
    }

    private String linkedUrl(LocalDatabase database, ServiceRole role) {
        return database.url(
                role, links.port(Role.POSTGRESQL, 1, database.server().port()));
    }

    int replication() {
        return node(KafkaNode.Role.BROKER, 1).replication();
    }

    Member postgresql(LocalDatabase database) {
        return new PostgresMember(
                database.server(), config.dataDirectory().resolve("postgresql").resolve("postgresql.log"));
    }

    List<Member> controller() {
        return List.of(kafka(Role.CONTROLLER, 1, node(KafkaNode.Role.CONTROLLER, CONTROLLER_ID)));
    }

    List<Member> brokers() {
        return IntStream.rangeClosed(1, config.size().brokers())
                .mapToObj(number -> kafka(Role.BROKER, number, node(KafkaNode.Role.BROKER, number)))
                .toList();
    }

    private KafkaNode node(KafkaNode.Role role, int id) {
        int controllerPort = config.ports().serving(Role.CONTROLLER, 1);
        boolean broker = role == KafkaNode.Role.BROKER;
        return new KafkaNode(
                role,
                id,
                config.dataDirectory().resolve(broker ? "broker-" + id : "controller"),
                broker ? config.ports().serving(Role.BROKER, id) : controllerPort,
                CONTROLLER_ID,
                controllerPort,
                config.size().brokers(),
                broker ? links.behind(Role.BROKER, id) : 0,
                broker ? links.port(Role.BROKER, id, 0) : 0);
    }

    private Member kafka(Role role, int number, KafkaNode node) {
        // One id for the life of the data directory, known to whoever makes it.
        UUID clusterId =
                UUID.nameUUIDFromBytes(config.dataDirectory().toString().getBytes(StandardCharsets.UTF_8));
        return member(
                role,
                number,
                "",
                KAFKA_STOP,
                () -> node.prepare(clusterId, JavaCommands.options(config.size().heapMib(role), config.jvms())),
                Map.of());
    }

    /** All with the same {@code tokenKeys}, so that a stream that one cut is resumed at another. */
    List<Member> executors(LocalDatabase database, String tokenKeys) {
        return IntStream.rangeClosed(1, config.size().executors())
                .mapToObj(number -> executor(number, database, tokenKeys))
                .toList();
    }

    List<Member> metering(LocalDatabase database) {
        return IntStream.rangeClosed(1, config.size().metering())
                .mapToObj(number -> metering(number, database))
                .toList();
    }

    private Member executor(int number, LocalDatabase database, String tokenKeys) {
        List<String> flags = new ArrayList<>(List.of(
                "--executor-id=executor-" + number,
                "--env=development",
                "--grpc-host=" + HOST,
                "--grpc-port=" + config.ports().serving(Role.EXECUTOR, number),
                "--grpc-reflection=true",
                "--admin-host=" + HOST,
                "--admin-port=" + config.ports().admin(Role.EXECUTOR, number),
                // No sandbox shares its user with one of another executor.
                "--sandbox-uid=" + (FIRST_SANDBOX_USER + SANDBOX_USERS * (number - 1)),
                "--admin-service",
                "--kafka-bootstrap-servers=" + linkedServers()));
        flags.addAll(config.extraFlags().getOrDefault(Role.EXECUTOR, List.of()));
        List<String> command = JavaCommands.executor(config.size().heapMib(Role.EXECUTOR), config.jvms(), flags);
        return member(
                Role.EXECUTOR,
                number,
                HOST + ":" + config.ports().admin(Role.EXECUTOR, number),
                SERVICE_STOP,
                () -> command,
                environment(Map.of(
                        "DATABASE_URL", linkedUrl(database, ServiceRole.EXECUTOR),
                        "WASMWIZ_ADMIN_DATABASE_URL", linkedUrl(database, ServiceRole.ADMIN),
                        "WASMWIZ_USAGE_TOKEN_KEYS", tokenKeys)));
    }

    private Member metering(int number, LocalDatabase database) {
        List<String> flags = new ArrayList<>(List.of(
                "--admin-host=" + HOST,
                "--admin-port=" + config.ports().admin(Role.METERING, number),
                "--kafka-bootstrap-servers=" + linkedServers()));
        flags.addAll(config.extraFlags().getOrDefault(Role.METERING, List.of()));
        List<String> command = JavaCommands.metering(config.size().heapMib(Role.METERING), config.jvms(), flags);
        return member(
                Role.METERING,
                number,
                HOST + ":" + config.ports().admin(Role.METERING, number),
                SERVICE_STOP,
                () -> command,
                environment(Map.of("DATABASE_URL", linkedUrl(database, ServiceRole.METERING))));
    }

    private static Map<String, String> environment(Map<String, String> secrets) {
        Map<String, String> environment = new HashMap<>(secrets);
        environment.put("WASMWIZ_LOG_LEVEL", "INFO");
        return environment;
    }

    private Member member(
            Role role,
            int number,
            String adminAddress,
            Duration stopLimit,
            java.util.function.Supplier<List<String>> command,
            Map<String, String> environment) {
        String name = role == Role.CONTROLLER ? role.text() : role.text() + "-" + number;
        Path log = config.dataDirectory().resolve("logs").resolve(name + ".log");
        return new JavaMember(name, role, address(role, number), adminAddress, log, stopLimit, command, environment);
    }

    private String address(Role role, int number) {
        return HOST + ":" + config.ports().serving(role, number);
    }
}

package io.wasmwiz.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * One node of a Kafka cluster on this machine, to be run as a process of its own: the controller or a broker.
 *
 * @param role what it is
 * @param id unique in the cluster
 * @param directory its own; made if absent
 * @param port TCP port on 127.0.0.1
 * @param controllerId id of the cluster's controller
 * @param controllerPort port of the cluster's controller
 * @param brokers how many brokers the cluster has, 1 or more
 * @param proxiedPort a second port of a broker, where a proxy connects to; 0: there is none
 * @param proxyPort where clients that come through the proxy are sent to
 */
public record KafkaNode(
        Role role,
        int id,
        Path directory,
        int port,
        int controllerId,
        int controllerPort,
        int brokers,
        int proxiedPort,
        int proxyPort) {
    /** Kafka's own main class, which stops in order on SIGTERM. */
    private static final String MAIN = "kafka.Kafka";

    /** What a node does. */
    public enum Role {
        CONTROLLER,
        BROKER
    }

    /** Copies of each record: one per broker, three at most. */
    public int replication() {
        return Math.min(3, brokers);
    }

    /** Copies that must exist before a record is acknowledged: one less than there may be, so that one broker may be away. */
    public int minInSyncReplicas() {
        return Math.max(1, replication() - 1);
    }

    /** Formats its storage unless that was done, writes its settings, and returns the command that runs it. */
    public List<String> prepare(UUID clusterId, List<String> javaOptions) {
        Path settings = directory.resolve("server.properties");
        try {
            Files.createDirectories(directory);
            format(clusterId);
            try (OutputStream out = Files.newOutputStream(settings)) {
                settings().store(out, "Written at each start.");
            }
        } catch (IOException e) {
            throw new EmbeddedServerException("cannot use the data directory " + directory + ": " + e, e);
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(javaOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN, settings.toString()));
        return command;
    }

    private Path data() {
        return directory.resolve("data");
    }

    private void format(UUID clusterId) {
        if (Files.exists(data().resolve("meta.properties"))) {
            return;
        }
        try {
            Files.createDirectories(data());
            new Formatter()
                    .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                    .setNodeId(id)
                    .setClusterId(new Uuid(clusterId.getMostSignificantBits(), clusterId.getLeastSignificantBits())
                            .toString())
                    .setDirectories(List.of(data().toString()))
                    .setMetadataLogDirectory(data().toString())
                    .setControllerListenerName(KafkaSettings.CONTROLLER_LISTENER)
                    .setReleaseVersion(MetadataVersion.LATEST_PRODUCTION)
                    .run();
        } catch (Exception e) {
            throw new EmbeddedServerException("cannot prepare Kafka's data in " + data() + ": " + e, e);
        }
    }

    private Properties settings() {
        Properties settings = KafkaSettings.common(data());
        settings.put("process.roles", role == Role.BROKER ? "broker" : "controller");
        settings.put("node.id", String.valueOf(id));
        settings.put("controller.quorum.voters", controllerId + "@127.0.0.1:" + controllerPort);
        String listener = role == Role.BROKER ? "PLAINTEXT" : KafkaSettings.CONTROLLER_LISTENER;
        boolean proxied = proxiedPort != 0;
        settings.put(
                "listeners",
                listener + "://127.0.0.1:" + port + (proxied ? ",PROXIED://127.0.0.1:" + proxiedPort : ""));
        settings.put(
                "advertised.listeners",
                listener + "://127.0.0.1:" + port + (proxied ? ",PROXIED://127.0.0.1:" + proxyPort : ""));
        for (String topic : new String[] {"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"}) {
            settings.put(topic + ".replication.factor", String.valueOf(replication()));
        }
        settings.put("default.replication.factor", String.valueOf(replication()));
        settings.put("min.insync.replicas", String.valueOf(minInSyncReplicas()));
        settings.put("transaction.state.log.min.isr", String.valueOf(minInSyncReplicas()));
        settings.put("share.coordinator.state.topic.min.isr", String.valueOf(minInSyncReplicas()));
        // A machine that is busy with ten processes may be late with a heartbeat.
        settings.put("broker.session.timeout.ms", "3000");
        settings.put("broker.heartbeat.interval.ms", "500");
        if (role == Role.CONTROLLER) {
            settings.remove("advertised.listeners");
        }
        return settings;
    }
}

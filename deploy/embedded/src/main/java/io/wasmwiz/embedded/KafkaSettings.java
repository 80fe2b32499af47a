package io.wasmwiz.embedded;

import java.nio.file.Path;
import java.util.Properties;

/** The settings of brokers on a developer's machine. */
final class KafkaSettings {
    static final int NODE_ID = 1;
    static final String CONTROLLER_LISTENER = "CONTROLLER";

    private KafkaSettings() {}

    /**
     * Ports on 127.0.0.1.
     *
     * @param proxied where a proxy connects to; 0: there is none
     * @param proxy where clients that come through the proxy are sent to
     */
    record Ports(int broker, int controller, int proxied, int proxy) {}

    static Properties of(Path data, Ports ports) {
        Properties settings = common(data);
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", String.valueOf(NODE_ID));
        settings.put("controller.quorum.voters", NODE_ID + "@127.0.0.1:" + ports.controller());
        boolean hasProxy = ports.proxied() != 0;
        settings.put(
                "listeners",
                "PLAINTEXT://127.0.0.1:" + ports.broker() + "," + CONTROLLER_LISTENER + "://127.0.0.1:"
                        + ports.controller() + (hasProxy ? ",PROXIED://127.0.0.1:" + ports.proxied() : ""));
        settings.put(
                "advertised.listeners",
                "PLAINTEXT://127.0.0.1:" + ports.broker() + (hasProxy ? ",PROXIED://127.0.0.1:" + ports.proxy() : ""));
        settings.put(
                "listener.security.protocol.map",
                "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT," + CONTROLLER_LISTENER + ":PLAINTEXT");
        // Kafka's own topics: there is one broker to keep them.
        for (String topic : new String[] {"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"}) {
            settings.put(topic + ".replication.factor", "1");
        }
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("share.coordinator.state.topic.min.isr", "1");
        // A restart after a kill waits until the dead session is over: 12 s by default.
        settings.put("broker.session.timeout.ms", "1500");
        settings.put("broker.heartbeat.interval.ms", "300");
        return settings;
    }

    /** What every node has, alone or in a cluster. */
    static Properties common(Path data) {
        Properties settings = new Properties();
        settings.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT," + CONTROLLER_LISTENER + ":PLAINTEXT");
        settings.put("inter.broker.listener.name", "PLAINTEXT");
        settings.put("controller.listener.names", CONTROLLER_LISTENER);
        settings.put("log.dirs", data.toString());
        settings.put("auto.create.topics.enable", "false");
        for (String topic : new String[] {"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"}) {
            settings.put(topic + ".num.partitions", "1");
        }
        settings.put("group.initial.rebalance.delay.ms", "0");
        // Few threads: the machine is shared with everything else.
        settings.put("num.network.threads", "1");
        settings.put("num.io.threads", "2");
        settings.put("background.threads", "2");
        settings.put("log.cleaner.threads", "1");
        settings.put("log.cleaner.dedupe.buffer.size", "1048577");
        return settings;
    }
}

package io.wasmwiz.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A single Kafka broker, controller included, in this JVM, on 127.0.0.1. What it acknowledged survives the death of its
 * process, and of the machine as far as the file system kept it: a single broker does not wait for the disk. A fault of
 * its storage ends the JVM, as Kafka does.
 *
 * <p>Thread-safe; its opener closes it. Faults are {@link EmbeddedServerException}s.
 */
public final class EmbeddedKafka implements AutoCloseable {
    static final String READY = "ready ";

    private static final Logger log = LoggerFactory.getLogger(EmbeddedKafka.class);
    private static final int ADMIN_LIMIT_SECONDS = 30;

    private final DirectoryLock lock;
    private final KafkaRaftServer server;
    private final KafkaSettings.Ports ports;

    private EmbeddedKafka(DirectoryLock lock, KafkaRaftServer server, KafkaSettings.Ports ports) {
        this.lock = lock;
        this.server = server;
        this.ports = ports;
    }

    /**
     * Starts a broker, on new data or on that of an earlier one, and returns when it serves.
     *
     * @param directory its own directory; made if absent
     * @param port TCP port on 127.0.0.1; 0 takes a free one
     */
    public static EmbeddedKafka start(Path directory, int port) {
        return start(directory, port, 0);
    }

    /**
     * Starts a broker on free ports that has a second address, {@link #proxiedPort}, for a proxy: clients that connect there
     * are sent to 127.0.0.1:{@code proxyPort} for everything else.
     */
    public static EmbeddedKafka startBehind(Path directory, int proxyPort) {
        return start(directory, 0, proxyPort);
    }

    private static EmbeddedKafka start(Path directory, int port, int proxyPort) {
        if (port != 0 && !FreePort.isFree(port)) {
            throw new EmbeddedServerException(
                    "port " + port + " on 127.0.0.1 is in use: stop its user, or choose another port for Kafka");
        }
        Path home = directory.toAbsolutePath().normalize();
        DirectoryLock lock = DirectoryLock.acquire(home);
        try {
            Path data = home.resolve("data");
            format(data);
            return launch(lock, data, port, proxyPort);
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static EmbeddedKafka launch(DirectoryLock lock, Path data, int port, int proxyPort) {
        for (int attempt = 1; ; attempt++) {
            long started = System.nanoTime();
            KafkaSettings.Ports ports = new KafkaSettings.Ports(
                    port == 0 ? FreePort.find() : port,
                    FreePort.find(),
                    proxyPort == 0 ? 0 : FreePort.find(),
                    proxyPort);
            KafkaRaftServer server =
                    new KafkaRaftServer(KafkaConfig.fromProps(KafkaSettings.of(data, ports), false), Time.SYSTEM);
            try {
                server.startup();
                log.atInfo()
                        .addKeyValue("port", ports.broker())
                        .addKeyValue("ms", (System.nanoTime() - started) / 1_000_000)
                        .log("kafka started");
                return new EmbeddedKafka(lock, server, ports);
            } catch (RuntimeException e) {
                // A port was taken between our finding it and the server's binding it: startup has closed what it
                // opened.
                boolean portTaken = !FreePort.isFree(ports.controller())
                        || !FreePort.isFree(ports.broker())
                        || (ports.proxied() != 0 && !FreePort.isFree(ports.proxied()));
                if (!portTaken || attempt == FreePort.ATTEMPTS) {
                    throw new EmbeddedServerException("Kafka did not start on " + data + ": " + e, e);
                }
            }
        }
    }

    private static void format(Path data) {
        if (Files.exists(data.resolve("meta.properties"))) {
            return;
        }
        try {
            Files.createDirectories(data);
            new Formatter()
                    .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                    .setNodeId(KafkaSettings.NODE_ID)
                    .setClusterId(Uuid.randomUuid().toString())
                    .setDirectories(List.of(data.toString()))
                    .setMetadataLogDirectory(data.toString())
                    .setControllerListenerName(KafkaSettings.CONTROLLER_LISTENER)
                    .setReleaseVersion(MetadataVersion.LATEST_PRODUCTION)
                    .run();
        } catch (Exception e) {
            throw new EmbeddedServerException("cannot prepare Kafka's data in " + data + ": " + e, e);
        }
    }

    /** For clients: {@code 127.0.0.1:port}. */
    public String bootstrapServers() {
        return "127.0.0.1:" + ports.broker();
    }

    /** The port on 127.0.0.1 that a proxy connects to; 0 without {@link #startBehind}. */
    public int proxiedPort() {
        return ports.proxied();
    }

    /** Makes a topic unless it is there; refuses when it is there with another number of partitions. */
    public void createTopic(String name, int partitions) {
        createTopic(bootstrapServers(), name, partitions);
    }

    static void createTopic(String bootstrapServers, String name, int partitions) {
        createTopic(bootstrapServers, name, partitions, 1);
    }

    /**
     * Makes a topic on any cluster unless it is there; refuses when it is there with another number of partitions.
     *
     * @param replication copies of each record, at most the number of brokers that run
     */
    public static void createTopic(String bootstrapServers, String name, int partitions, int replication) {
        Map<String, Object> settings = Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        try (Admin admin = Admin.create(settings)) {
            if (!create(admin, name, partitions, replication)) {
                TopicDescription topic = admin.describeTopics(List.of(name))
                        .allTopicNames()
                        .get(ADMIN_LIMIT_SECONDS, TimeUnit.SECONDS)
                        .values()
                        .iterator()
                        .next();
                if (topic.partitions().size() != partitions) {
                    throw new EmbeddedServerException("topic %s has %d partitions and %d are wanted"
                            .formatted(name, topic.partitions().size(), partitions));
                }
            }
        } catch (ExecutionException | TimeoutException e) {
            throw new EmbeddedServerException("cannot make topic " + name + ": " + e, e);
        } catch (InterruptedException e) {
            throw ChildProcesses.interrupted(e);
        }
    }

    private static boolean create(Admin admin, String name, int partitions, int replication)
            throws ExecutionException, InterruptedException, TimeoutException {
        try {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) replication)))
                    .all()
                    .get(ADMIN_LIMIT_SECONDS, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return false;
            }
            throw e;
        }
    }

    /** Stops serving and closes the logs. The data stays. */
    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
        lock.close();
    }

    /**
     * Runs a broker until standard input ends, so that it dies with the process that holds the other end. Prints
     * {@code ready 127.0.0.1:port} once it serves; logs go to standard error.
     *
     * @param arguments directory and port
     */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            System.err.println("two arguments are wanted: DIRECTORY PORT (0: a free one)");
            System.exit(64);
        }
        PrintStream answers = System.out;
        System.setOut(System.err);
        EmbeddedKafka kafka = start(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
        answers.println(READY + kafka.bootstrapServers());
        answers.flush();
        awaitEnd(System.in);
        CountDownLatch closed = new CountDownLatch(1);
        Thread closer = new Thread(
                () -> {
                    kafka.close();
                    closed.countDown();
                },
                "close-kafka");
        closer.start();
        try {
            Runtime.getRuntime().halt(closed.await(ForkedKafka.STOP_SECONDS, TimeUnit.SECONDS) ? 0 : 1);
        } catch (InterruptedException e) {
            throw ChildProcesses.interrupted(e);
        }
    }

    private static void awaitEnd(InputStream in) throws IOException {
        while (in.read() >= 0) {
            // Whatever is written to us means that the writer lives.
        }
    }
}

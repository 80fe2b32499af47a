package io.wasmwiz.local.cluster;

import io.wasmwiz.embedded.DirectoryLock;
import io.wasmwiz.embedded.EmbeddedKafka;
import io.wasmwiz.embedded.EmbeddedServerException;
import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.local.parts.Background;
import io.wasmwiz.local.parts.LocalAccount;
import io.wasmwiz.local.parts.LocalDatabase;
import io.wasmwiz.local.parts.Progress;
import io.wasmwiz.local.parts.Secrets;
import io.wasmwiz.local.parts.StackFile;
import io.wasmwiz.migrations.ServiceRole;
import io.wasmwiz.service.Closer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A running cluster. All its processes die with this JVM, however it dies. Thread-safe; its starter closes it, which stops
 * executors, then workers, then brokers, the controller and PostgreSQL, so that calls are drained and metered first.
 */
public final class Cluster implements AutoCloseable {
    private static final Duration READY_LIMIT = Duration.ofSeconds(120);

    private final Closer closer;
    private final LocalDatabase database;
    private final List<LocalAccount> accounts;
    private final List<Member> members;
    private final String bootstrapServers;
    private final Links links;

    private Cluster(
            Closer closer,
            LocalDatabase database,
            List<LocalAccount> accounts,
            List<Member> members,
            String bootstrapServers,
            Links links) {
        this.closer = closer;
        this.database = database;
        this.accounts = List.copyOf(accounts);
        this.members = List.copyOf(members);
        this.bootstrapServers = bootstrapServers;
        this.links = links;
    }

    /** Starts everything and returns once all of it serves. */
    public static Cluster start(ClusterConfig config, Progress progress) throws Exception {
        Path data = Files.createDirectories(config.dataDirectory());
        Closer closer = new Closer();
        try {
            closer.add(DirectoryLock.acquire(data));
            Secrets secrets = Secrets.open(data.resolve("secrets.properties"));
            Links links = closer.add(config.proxied() ? Links.open(config.size()) : Links.direct());
            ClusterMembers plan = new ClusterMembers(config, links);
            CompletableFuture<List<Member>> kafka = Background.start(
                    "kafka-start",
                    () -> progress.step(
                            "Kafka, " + config.size().brokers() + " brokers", () -> startKafka(plan, closer)));
            LocalDatabase database = LocalDatabase.start(
                    data.resolve("postgresql"),
                    config.ports().serving(Role.POSTGRESQL, 1),
                    Map.of("max_connections", "400"),
                    secrets,
                    progress);
            List<LocalAccount> accounts = new ArrayList<>();
            List<Member> members = new ArrayList<>();
            try {
                for (String tier : LocalAccount.TIERS) {
                    accounts.add(database.ensureAccount(tier, secrets));
                }
                members.add(plan.postgresql(database));
                members.addAll(Background.await(kafka));
            } finally {
                closer.add(database);
            }
            links.connect(Role.POSTGRESQL, 1, database.server().port());
            List<Member> metering = plan.metering(database);
            List<Member> executors = plan.executors(database, secrets.tokenKeys());
            progress.step("%d executors, %d workers".formatted(executors.size(), metering.size()), () -> {
                start(metering, closer);
                start(executors, closer);
                awaitReady(metering);
                return awaitReady(executors);
            });
            members.addAll(metering);
            members.addAll(executors);
            for (int number = 1; number <= config.size().executors(); number++) {
                links.connect(Role.EXECUTOR, number, config.ports().serving(Role.EXECUTOR, number));
            }
            return new Cluster(closer, database, accounts, members, plan.bootstrapServers(), links);
        } catch (Exception | Error e) {
            throw closer.closeAfter(e);
        }
    }

    private static List<Member> startKafka(ClusterMembers plan, Closer closer) throws InterruptedException {
        List<Member> controller = plan.controller();
        List<Member> brokers = plan.brokers();
        start(controller, closer);
        awaitReady(controller);
        start(brokers, closer);
        awaitReady(brokers);
        EmbeddedKafka.createTopic(
                plan.bootstrapServers(), ExecutionLog.TOPIC, ExecutionLog.DEFAULT_PARTITIONS, plan.replication());
        return Stream.concat(controller.stream(), brokers.stream()).toList();
    }

    private static void start(List<Member> members, Closer closer) {
        closer.add(() -> stopAll(members));
        members.forEach(Member::start);
    }

    private static List<Member> awaitReady(List<Member> members) throws InterruptedException {
        for (Member member : members) {
            awaitReady(member, READY_LIMIT);
        }
        return members;
    }

    /** Stops all of {@code members} at once and waits. */
    private static void stopAll(List<Member> members) throws Exception {
        List<CompletableFuture<Boolean>> stops = new ArrayList<>();
        for (Member member : members) {
            stops.add(Background.start("stop-" + member.name(), () -> {
                member.stop();
                return true;
            }));
        }
        for (CompletableFuture<Boolean> stop : stops) {
            Background.await(stop);
        }
    }

    /** Waits until {@code member} serves. Throws {@link EmbeddedServerException} when it ends or takes too long. */
    public static void awaitReady(Member member, Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!Health.of(member.role(), member.address(), member.adminAddress())
                .isServing()) {
            if (!member.isAlive()) {
                throw new EmbeddedServerException(member.name() + " ended while it started; see " + member.log());
            }
            if (System.nanoTime() > deadline) {
                throw new EmbeddedServerException(
                        member.name() + " does not serve after " + limit.toSeconds() + " s; see " + member.log());
            }
            Thread.sleep(50);
        }
    }

    /** All processes, in the order of their start. */
    public List<Member> members() {
        return members;
    }

    /** Those of one role. */
    public List<Member> members(Role role) {
        return members.stream().filter(member -> member.role() == role).toList();
    }

    /** Of all brokers, separated by commas. */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    /** What lies between clients, services and servers. */
    public Links links() {
        return links;
    }

    /** Addresses of all executors, as clients reach them. */
    public List<String> executorAddresses() {
        List<String> addresses = new ArrayList<>();
        for (Member executor : members(Role.EXECUTOR)) {
            int port = Integer.parseInt(executor.address().replaceFirst(".*:", ""));
            addresses.add("127.0.0.1:" + links.port(Role.EXECUTOR, addresses.size() + 1, port));
        }
        return addresses;
    }

    /** The seeded accounts, one a tier. */
    public List<LocalAccount> accounts() {
        return accounts;
    }

    public LocalDatabase database() {
        return database;
    }

    /** What the client needs to know. */
    public StackFile.Content description() {
        Map<String, Long> processes = new LinkedHashMap<>();
        members.forEach(member -> processes.put(member.name(), member.pid()));
        return new StackFile.Content(
                members(Role.EXECUTOR).stream().map(Member::address).collect(Collectors.joining(",")),
                members(Role.EXECUTOR).get(0).adminAddress(),
                members(Role.METERING).get(0).adminAddress(),
                database.url(ServiceRole.READER),
                bootstrapServers,
                processes,
                accounts);
    }

    @Override
    public void close() {
        closer.close();
    }
}

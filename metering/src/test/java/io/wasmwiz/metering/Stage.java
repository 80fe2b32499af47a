package io.wasmwiz.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.wasmwiz.events.v1.ExecutionEvent;
import io.wasmwiz.metering.store.TransactionHook;
import io.wasmwiz.service.Closer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * An executor's side of metering for tests: takes leases, publishes events, and looks at the ledger as a superuser. Its
 * workers log in as the metering role. Closes its workers.
 */
final class Stage implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String GRANT = """
            WITH held AS (
                INSERT INTO daily_tier_counters AS c (user_id, tier, day, held) VALUES (:account, 'Free', :day, :size)
                ON CONFLICT (user_id, tier, day) DO UPDATE SET held = c.held + excluded.held)
            INSERT INTO quota_leases (id, user_id, tier, day, size, executor, granted_at, use_by)
            VALUES (:lease, :account, 'Free', :day, :size, 'test', :day::timestamp AT TIME ZONE 'UTC',
                    (:day + 1)::timestamp AT TIME ZONE 'UTC')
            """;
    private static final String COUNTER = """
            SELECT held, charged, executions FROM daily_tier_counters
            WHERE user_id = :account AND tier = 'Free' AND day = :day
            """;

    /** A row of {@code daily_tier_counters}. */
    record Counter(long held, long charged, long executions) {}

    private final Jdbi jdbi;
    private final String meteringUrl;
    private final String bootstrapServers;
    private final String topic;
    private final String group = "metering-" + UUID.randomUUID();
    private final KafkaProducer<byte[], byte[]> producer;
    private final AtomicLong sent = new AtomicLong();
    private final List<String> failedSends = new ArrayList<>();
    private final Closer closer = new Closer();

    Stage(Jdbi superuser, String meteringUrl, String bootstrapServers, String topic) {
        this.jdbi = superuser;
        this.meteringUrl = meteringUrl;
        this.bootstrapServers = bootstrapServers;
        this.topic = topic;
        this.producer = closer.add(new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.LINGER_MS_CONFIG,
                        5,
                        // As executors have it: of more, a new partition may take the second and then never the first.
                        ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
                        1,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        120_000),
                new ByteArraySerializer(),
                new ByteArraySerializer()));
    }

    static LocalDate today() {
        return LocalDate.now(ZoneOffset.UTC);
    }

    /** Noon of today, so that a test across midnight has one day. */
    static Instant now() {
        return today().atTime(12, 0).toInstant(ZoneOffset.UTC);
    }

    Jdbi jdbi() {
        return jdbi;
    }

    UUID account() {
        UUID account = UUID.randomUUID();
        jdbi.useHandle(handle -> handle.execute(
                "INSERT INTO users (id, name, tier) VALUES (?, ?, 'Free')", account, account.toString()));
        return account;
    }

    UUID key(UUID account) {
        UUID key = UUID.randomUUID();
        byte[] hash = new byte[32];
        new java.util.Random(key.getLeastSignificantBits()).nextBytes(hash);
        jdbi.useHandle(handle ->
                handle.execute("INSERT INTO api_keys (id, user_id, key_hash) VALUES (?, ?, ?)", key, account, hash));
        return key;
    }

    /** Makes a charged execution of a day at noon. */
    ExecutionEvent.Builder executionOn(LocalDate day, UUID account, UUID lease) {
        return EventFixture.execution(account, lease, day.atTime(12, 0).toInstant(ZoneOffset.UTC));
    }

    UUID lease(UUID account, long size) {
        return lease(account, size, today());
    }

    UUID lease(UUID account, long size, LocalDate day) {
        UUID lease = UUID.randomUUID();
        jdbi.useTransaction(handle -> {
            // The day of such a lease may be long over: no grant of an executor looks like that.
            handle.execute("SET LOCAL session_replication_role = replica");
            handle.createUpdate(GRANT)
                    .bind("lease", lease)
                    .bind("account", account)
                    .bind("day", day)
                    .bind("size", size)
                    .execute();
        });
        return lease;
    }

    /** Publishes a charged execution of today; returns its id. */
    UUID execute(UUID account, UUID lease) {
        ExecutionEvent.Builder event = EventFixture.execution(account, lease, now());
        send(account, EventFixture.value(event));
        return EventFixture.uuid(event.getExecutionId());
    }

    void close(UUID account, UUID lease) {
        send(account, EventFixture.value(EventFixture.leaseClosed(account, lease)));
    }

    void send(UUID account, byte @Nullable [] value) {
        send(null, EventFixture.key(account), value);
    }

    void send(@Nullable Integer partition, byte[] key, byte @Nullable [] value) {
        sent.incrementAndGet();
        var unused = producer.send(new ProducerRecord<>(topic, partition, key, value), (metadata, e) -> {
            if (e != null) {
                synchronized (failedSends) {
                    failedSends.add(e.toString());
                }
            }
        });
    }

    /** Publishes to one partition and says at which offset the record is. */
    long sendNow(int partition, byte[] key, byte @Nullable [] value) throws ExecutionException, InterruptedException {
        sent.incrementAndGet();
        return producer.send(new ProducerRecord<>(topic, partition, key, value))
                .get()
                .offset();
    }

    MeteringConfig config(String... flags) {
        return MeteringCommand.parse(Map.of(), flags(flags));
    }

    /** The command line of a worker here; sweeps for leases once, at its start, unless {@code flags} say otherwise. */
    String[] flags(String... flags) {
        return Stream.of(
                        Stream.of(
                                        "--admin-host=127.0.0.1",
                                        "--admin-port=0",
                                        "--database-url=" + meteringUrl,
                                        "--database-connection-timeout=PT1S",
                                        "--kafka-bootstrap-servers=" + bootstrapServers,
                                        "--kafka-topic=" + topic,
                                        "--consumer-group=" + group,
                                        "--retry-max=500ms",
                                        "--lease-sweep-interval=10m",
                                        "--reconcile-interval=0s")
                                .filter(standard -> Stream.of(flags)
                                        .noneMatch(flag -> name(flag).equals(name(standard)))),
                        Stream.of(flags))
                .flatMap(part -> part)
                .toArray(String[]::new);
    }

    private static String name(String flag) {
        return flag.substring(0, flag.indexOf('='));
    }

    MeteringWorker worker(String... flags) {
        return worker(TransactionHook.NONE, flags);
    }

    MeteringWorker worker(TransactionHook hook, String... flags) {
        return closer.add(MeteringWorker.start(config(flags), hook));
    }

    /** Waits until everything sent is at a stored position. */
    void awaitMetered() {
        producer.flush();
        assertThat(failedSends).isEmpty();
        awaitPosition(sent.get());
    }

    void awaitPosition(long records) {
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(position()).isEqualTo(records));
    }

    void flush() {
        producer.flush();
        assertThat(failedSends).isEmpty();
    }

    /** Records that the ledger has taken in, over all partitions. */
    long position() {
        return number("SELECT coalesce(sum(next_offset), 0) FROM log_positions");
    }

    long number(String sql) {
        return jdbi.withHandle(
                handle -> handle.createQuery(sql).mapTo(Long.class).one());
    }

    List<String> texts(String sql) {
        return jdbi.withHandle(
                handle -> handle.createQuery(sql).mapTo(String.class).list());
    }

    Counter counter(UUID account) {
        return counter(account, today());
    }

    Counter counter(UUID account, LocalDate day) {
        return jdbi.withHandle(handle -> handle.createQuery(COUNTER)
                .bind("account", account)
                .bind("day", day)
                .map((row, context) ->
                        new Counter(row.getLong("held"), row.getLong("charged"), row.getLong("executions")))
                .one());
    }

    /** Every row, lease, counter, position and dead event, as text: for comparing before and after. */
    List<String> everything() {
        return texts("""
                SELECT r::text FROM (SELECT * FROM usage_logs ORDER BY day, execution_id) r
                UNION ALL SELECT r::text FROM (SELECT id, charged, state FROM quota_leases ORDER BY id) r
                UNION ALL SELECT r::text FROM (SELECT user_id, tier, day, held, charged, executions
                                               FROM daily_tier_counters ORDER BY user_id, tier, day) r
                UNION ALL SELECT r::text FROM (SELECT * FROM usage_rollups
                                               ORDER BY user_id, hour, api_key_id, module_digest, status, tier) r
                UNION ALL SELECT r::text FROM (SELECT * FROM usage_day_rollups
                                               ORDER BY user_id, day, api_key_id, module_digest, status, tier) r
                UNION ALL SELECT r::text FROM (SELECT * FROM usage_log_extents ORDER BY 1, 2, 3) r
                UNION ALL SELECT r::text FROM (SELECT id, last_used_at FROM api_keys ORDER BY id) r
                UNION ALL SELECT r::text FROM (SELECT log_partition, log_offset, reason FROM dead_events
                                               ORDER BY log_partition, log_offset) r
                UNION ALL SELECT r::text FROM (SELECT partition, topic_id, next_offset FROM log_positions
                                               ORDER BY partition) r
                """);
    }

    static HttpResponse<String> get(MeteringWorker worker, String path) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + worker.adminPort() + path))
                                .timeout(Duration.ofSeconds(10))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    static void awaitReady(MeteringWorker worker) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(get(worker, "/health/ready"))
                        .satisfies(answer -> assertThat(answer.body()).contains("\"ready\"")));
    }

    static void awaitFault(MeteringWorker worker, String... words) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(get(worker, "/health/ready"))
                        .satisfies(answer -> assertThat(answer.statusCode()).isEqualTo(503))
                        .satisfies(answer -> assertThat(answer.body()).contains(words)));
    }

    static String metrics(MeteringWorker worker) throws IOException, InterruptedException {
        return get(worker, "/metrics").body();
    }

    @Override
    public void close() {
        closer.close();
    }
}

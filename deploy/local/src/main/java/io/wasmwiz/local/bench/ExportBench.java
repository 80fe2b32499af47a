package io.wasmwiz.local.bench;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.wasmwiz.embedded.EmbeddedKafka;
import io.wasmwiz.embedded.EmbeddedPostgres;
import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.executor.ExecutorCommand;
import io.wasmwiz.executor.ExecutorServer;
import io.wasmwiz.executor.auth.ApiKey;
import io.wasmwiz.local.bench.BenchLedger.Tenant;
import io.wasmwiz.local.parts.BearerKey;
import io.wasmwiz.metering.MeteringCommand;
import io.wasmwiz.metering.MeteringWorker;
import io.wasmwiz.migrations.Migrations;
import io.wasmwiz.migrations.ServiceLogins;
import io.wasmwiz.migrations.ServiceRole;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.database.DatabaseUrl;
import io.wasmwiz.v1.ExportUsageRequest;
import io.wasmwiz.v1.QueryUsageRequest;
import io.wasmwiz.v1.UsageGroup;
import io.wasmwiz.v1.UsagePeriod;
import io.wasmwiz.v1.UsageServiceGrpc;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** A whole executor over a ledger of thirty days of one account. Its opener closes it. */
final class ExportBench implements AutoCloseable {
    private static final String DATABASE = "postgres";
    private static final String PASSWORD = "bench";
    private static final String TOPIC = "bench";
    private static final long DAY_SECONDS = 86_400;
    private static final long PACE_NANOS = 1_000_000;
    private static final long LAG_LIMIT_SECONDS = 120;

    private final Closer closer = new Closer();
    private final EmbeddedPostgres postgres;
    private final EmbeddedKafka kafka;
    private final ExportLedger past;
    private final BenchLedger ledger;
    private final Tenant tenant;
    private final Channel channel;
    private final long rows;

    private ExportBench(EmbeddedPostgres postgres, EmbeddedKafka kafka, long rows, long units) throws Exception {
        this.postgres = postgres;
        this.kafka = kafka;
        this.rows = rows;
        DatabaseUrl url = DatabaseUrl.parse(postgres.url(DATABASE));
        Migrations.of(url).migrate();
        ledger = new BenchLedger(url);
        past = new ExportLedger(url);
        ServiceLogins.ensure(ledger.jdbi(), Map.of(ServiceRole.METERING, PASSWORD, ServiceRole.EXECUTOR, PASSWORD));
        tenant = ledger.renew(1, units).get(0);
        past.fill(tenant, rows);
        ApiKey key = ApiKey.generate(new SecureRandom());
        ledger.jdbi()
                .useHandle(handle -> handle.execute(
                        "UPDATE api_keys SET key_hash = ?, scopes = '{usage}' WHERE id = ?",
                        key.hash().sha256(),
                        tenant.key()));
        kafka.createTopic(TOPIC, ExecutionLog.DEFAULT_PARTITIONS);
        try {
            ExecutorServer executor = closer.add(ExecutorServer.start(ExecutorCommand.parse(
                    Map.of(),
                    "--executor-id=bench",
                    "--env=development",
                    "--grpc-host=127.0.0.1",
                    "--grpc-port=0",
                    "--admin-host=127.0.0.1",
                    "--admin-port=0",
                    "--database-url=" + postgres.url(DATABASE, ServiceRole.EXECUTOR.loginName(), PASSWORD),
                    "--kafka-topic=" + TOPIC,
                    "--kafka-bootstrap-servers=" + kafka.bootstrapServers())));
            ManagedChannel client = NettyChannelBuilder.forAddress("127.0.0.1", executor.grpcPort())
                    .usePlaintext()
                    .build();
            closer.add(client::shutdownNow);
            channel = ClientInterceptors.intercept(client, BearerKey.sent(key.text()));
        } catch (Throwable t) {
            throw closer.closeAfter(t);
        }
    }

    /** Makes the ledger and starts the executor, over servers that it does not own. */
    static ExportBench open(EmbeddedPostgres postgres, EmbeddedKafka kafka, long rows, long units) throws Exception {
        return new ExportBench(postgres, kafka, rows, units);
    }

    /** One export and one COPY of the same rows. */
    ExportFigures round() throws Exception {
        long started = System.nanoTime();
        long exported = ExportClient.read(channel, ExportUsageRequest.getDefaultInstance(), count -> false);
        double seconds = (System.nanoTime() - started) / 1e9;
        if (exported != rows) {
            throw new IllegalStateException("the export gave %d rows of %d".formatted(exported, rows));
        }
        return ExportFigures.of(rows / seconds, past.copy(tenant.account(), rows));
    }

    /** Milliseconds of a QueryUsage over the thirty days that {@code share} of {@code calls} did not exceed. */
    double queryMillis(int calls, double share, UsagePeriod period, List<UsageGroup> groups) {
        long tomorrow = LocalDate.now(ZoneOffset.UTC).plusDays(1).toEpochDay() * DAY_SECONDS;
        QueryUsageRequest request = QueryUsageRequest.newBuilder()
                .setFrom(com.google.protobuf.Timestamp.newBuilder()
                        .setSeconds(tomorrow - ExportLedger.DAYS * DAY_SECONDS))
                .setBefore(com.google.protobuf.Timestamp.newBuilder().setSeconds(tomorrow))
                .setPeriod(period)
                .addAllGroupBy(groups)
                .build();
        var stub = UsageServiceGrpc.newBlockingStub(channel);
        double[] millis = new double[calls];
        for (int i = 0; i < calls; i++) {
            long started = System.nanoTime();
            if (stub.queryUsage(request).getSumsCount() == 0) {
                throw new IllegalStateException("no sums");
            }
            millis[i] = (System.nanoTime() - started) / 1e6;
        }
        Arrays.sort(millis);
        return millis[(int) Math.min(calls - 1L, (long) (share * calls))];
    }

    /** Publishes {@code rate} executions a second for {@code seconds}; an export that follows waits for them. */
    LagFigures follow(double rate, int seconds) throws Exception {
        int published = Math.toIntExact(Math.round(rate * seconds));
        CountedLag lag = new CountedLag(published);
        AtomicBoolean live = new AtomicBoolean();
        Instant now = Instant.now();
        try (BenchEvents events = new BenchEvents(kafka.bootstrapServers(), TOPIC);
                MeteringWorker worker = MeteringWorker.start(MeteringCommand.parse(
                        Map.of(),
                        "--admin-host=127.0.0.1",
                        "--admin-port=0",
                        "--database-url=" + postgres.url(DATABASE, ServiceRole.METERING.loginName(), PASSWORD),
                        "--kafka-bootstrap-servers=" + kafka.bootstrapServers(),
                        "--kafka-topic=" + TOPIC))) {
            CompletableFuture<Long> following = CompletableFuture.supplyAsync(() -> ExportClient.read(
                    channel, ExportUsageRequest.newBuilder().setFollow(true).build(), count -> {
                        live.compareAndSet(false, count >= rows);
                        // The account's records are those of one partition, in their order, and no others.
                        return count > rows && lag.countedInOrder(count - rows, System.nanoTime());
                    }));
            // Reading the past and joining the group is not what is measured.
            while (!live.get()) {
                LockSupport.parkNanos(PACE_NANOS);
            }
            ledger.awaitPartitions(TOPIC, ExecutionLog.DEFAULT_PARTITIONS);
            long started = System.nanoTime();
            for (int sent = 0; sent < published; ) {
                LockSupport.parkNanos(PACE_NANOS);
                long due = Math.min(published, (long) ((System.nanoTime() - started) / 1e9 * rate));
                for (; sent < due; sent++) {
                    events.execution(tenant.account(), tenant.key(), tenant.lease(), now, lag);
                }
            }
            double reached = published / ((System.nanoTime() - started) / 1e9);
            events.flush();
            following.get(LAG_LIMIT_SECONDS, TimeUnit.SECONDS);
            return new LagFigures(reached, lag.millisOf(0.5), lag.millisOf(0.99), lag.millisOf(1));
        }
    }

    @Override
    public void close() {
        closer.close();
    }
}

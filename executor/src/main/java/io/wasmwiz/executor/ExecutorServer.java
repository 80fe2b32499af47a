package io.wasmwiz.executor;

import static io.wasmwiz.executor.grpc.ServiceHealth.AUTHENTICATION;
import static io.wasmwiz.executor.grpc.ServiceHealth.KAFKA;
import static io.wasmwiz.executor.grpc.ServiceHealth.POSTGRESQL;

import com.github.benmanes.caffeine.cache.Ticker;
import io.grpc.BindableService;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.wasmwiz.executor.admin.AdminService;
import io.wasmwiz.executor.admission.LeasedAdmission;
import io.wasmwiz.executor.auth.Authenticator;
import io.wasmwiz.executor.auth.CachingAuthenticator;
import io.wasmwiz.executor.auth.CallerCheck;
import io.wasmwiz.executor.auth.DevelopmentAuthenticator;
import io.wasmwiz.executor.batch.Batches;
import io.wasmwiz.executor.claims.BatchedClaims;
import io.wasmwiz.executor.claims.PostgresBatchClaims;
import io.wasmwiz.executor.claims.PostgresRequestClaims;
import io.wasmwiz.executor.events.KafkaExecutionEvents;
import io.wasmwiz.executor.execution.Crashes;
import io.wasmwiz.executor.execution.ExecutionPipeline;
import io.wasmwiz.executor.execution.InFlight;
import io.wasmwiz.executor.execution.Repeats;
import io.wasmwiz.executor.execution.RequestRules;
import io.wasmwiz.executor.export.TokenKeys;
import io.wasmwiz.executor.export.UsageExports;
import io.wasmwiz.executor.grpc.AdminGrpcService;
import io.wasmwiz.executor.grpc.DenialTokens;
import io.wasmwiz.executor.grpc.ExecutionGrpcService;
import io.wasmwiz.executor.grpc.GrpcServer;
import io.wasmwiz.executor.grpc.ModuleGrpcService;
import io.wasmwiz.executor.grpc.ServiceHealth;
import io.wasmwiz.executor.grpc.UsageApi;
import io.wasmwiz.executor.grpc.UsageGrpcService;
import io.wasmwiz.executor.modules.ModuleLibrary;
import io.wasmwiz.executor.modules.PostgresModuleStore;
import io.wasmwiz.executor.sandbox.SandboxRuntime;
import io.wasmwiz.executor.sandbox.SelfCheck;
import io.wasmwiz.executor.sandbox.process.ProcessSandbox;
import io.wasmwiz.executor.sandbox.wasmtime.WasmtimeSandbox;
import io.wasmwiz.executor.usage.PostgresUsageQueries;
import io.wasmwiz.executor.usage.PostgresUsageSums;
import io.wasmwiz.executor.usage.QuotaWatches;
import io.wasmwiz.executor.usage.UsageQueries;
import io.wasmwiz.executor.wasm.ModulePolicy;
import io.wasmwiz.executor.wasm.ModulePolicyConfig;
import io.wasmwiz.executor.work.FairPool;
import io.wasmwiz.executor.work.WorkPool;
import io.wasmwiz.service.BuildInfo;
import io.wasmwiz.service.Closer;
import io.wasmwiz.service.admin.AdminServer;
import io.wasmwiz.service.database.Database;
import io.wasmwiz.service.database.SchemaCheck;
import io.wasmwiz.service.health.HealthCheck;
import io.wasmwiz.service.health.HealthMonitor;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An executor: the order of construction is its architecture, and closing goes back the same way. Thread-safe; its
 * starter closes it.
 */
public final class ExecutorServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ExecutorServer.class);
    private static final Duration DATABASE_WAIT = Duration.ofSeconds(30);

    /** Longest wait for the event log before calls are taken, which would all be refused until it serves. */
    private static final Duration EVENT_LOG_WAIT = Duration.ofSeconds(5);

    private final GrpcServer grpc;
    private final AdminServer admin;
    private final ServiceHealth health;
    private final Batches batches;
    private final UsageExports exports;
    private final QuotaWatches watches;
    private final Duration drainTimeout;
    private final Closer closer;
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);

    private ExecutorServer(
            GrpcServer grpc,
            AdminServer admin,
            ServiceHealth health,
            Batches batches,
            UsageExports exports,
            QuotaWatches watches,
            Duration drainTimeout,
            Closer closer) {
        this.grpc = grpc;
        this.admin = admin;
        this.health = health;
        this.batches = batches;
        this.exports = exports;
        this.watches = watches;
        this.drainTimeout = drainTimeout;
        this.closer = closer;
    }

    /**
     * Starts an executor and serves.
     *
     * @throws io.wasmwiz.service.database.SchemaMismatchException when PostgreSQL does not answer within 30 s or its
     *     schema does not fit
     * @throws IllegalStateException when modules do not run here: sandbox processes do not start, or {@link SelfCheck} fails
     */
    public static ExecutorServer start(ExecutorConfig config) {
        return start(config, Clock.systemUTC());
    }

    /**
     * As {@link #start(ExecutorConfig)}, where the machine's clock says what {@code clock} says.
     *
     * @param clock no decision rests on it: days, minutes and leases go by PostgreSQL's clock and by elapsed time. It is noted in
     *     ends of leases.
     */
    public static ExecutorServer start(ExecutorConfig config, Clock clock) {
        Closer closer = new Closer();
        try {
            PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            closer.add(metrics::close);
            watchProcess(metrics, closer);
            Database database = closer.add(Database.open(config.database(), "wasmwiz-executor", metrics));
            int schema = SchemaCheck.require(database, DATABASE_WAIT);

            KafkaExecutionEvents events = closer.add(KafkaExecutionEvents.open(config.events(), clock, metrics));
            LeasedAdmission admission = closer.add(LeasedAdmission.open(
                    config.admission(), database.jdbi(), events, config.events().deliveryTimeout(), metrics));
            // Closed after the sandbox and before what its runs still need.
            InFlight inFlight =
                    closer.add(InFlight.open(config.events().deliveryTimeout().plusSeconds(5), metrics));
            WorkPool reads = closer.add(WorkPool.open("database", config.workThreads(), config.workQueue(), metrics));
            FairPool inspection =
                    closer.add(FairPool.open("inspection", config.workThreads(), config.workQueue(), metrics));
            SandboxRuntime sandbox = closer.add(sandbox(config, metrics));
            SelfCheck.require(sandbox, config.sandbox().queue(), config.warmUpRuns());
            ModuleLibrary modules = new ModuleLibrary(
                    config.modules(),
                    new PostgresModuleStore(database.jdbi()),
                    new ModulePolicy(ModulePolicyConfig.DEFAULTS),
                    sandbox,
                    reads,
                    inspection,
                    metrics);
            ExecutionPipeline pipeline = new ExecutionPipeline(
                    new RequestRules(config.requests()),
                    modules,
                    new Repeats(config.claims(), Ticker.systemTicker(), metrics),
                    new BatchedClaims(
                            new PostgresRequestClaims(
                                    database.jdbi(), config.claims().maxAttempts()),
                            reads,
                            config.workQueue()),
                    admission,
                    sandbox,
                    config.sandbox().queue(),
                    events,
                    new Crashes(config.crashes(), Ticker.systemTicker(), metrics),
                    inFlight,
                    System::nanoTime);
            CachingAuthenticator keys = closer.add(CachingAuthenticator.open(config.auth(), database.jdbi(), metrics));
            DevelopmentAuthenticator development = new DevelopmentAuthenticator(keys);
            Authenticator authenticator = config.auth().required() ? keys : development;
            CallerCheck callerCheck = config.auth().required() ? keys : development;
            ScheduledThreadPoolExecutor timers = timers(closer);
            Batches batches = closer.add(Batches.open(
                    config.batches(),
                    pipeline,
                    new PostgresBatchClaims(database.jdbi()),
                    reads,
                    callerCheck,
                    timers,
                    metrics));

            HealthMonitor dependencies = closer.add(HealthMonitor.start(
                    List.of(
                            new HealthCheck(POSTGRESQL, () -> {
                                database.ping();
                                return true;
                            }),
                            new HealthCheck(AUTHENTICATION, () -> {
                                keys.requireFresh();
                                return true;
                            }),
                            new HealthCheck(KAFKA, () -> {
                                events.probe();
                                return true;
                            })),
                    metrics));
            Optional<AdminService> administration = config.admin().enabled()
                    ? Optional.of(closer.add(AdminService.open(
                            config.admin(), config.database().connectionTimeout(), DATABASE_WAIT, timers, metrics)))
                    : Optional.empty();
            TokenKeys tokenKeys = config.exports().keys();
            DenialTokens denialTokens = new DenialTokens(tokenKeys, Clock.systemUTC());
            UsageExports exports = closer.add(
                    UsageExports.open(config.exports(), config.database(), tokenKeys, callerCheck, timers, metrics));
            UsageQueries usage = new PostgresUsageQueries(database.jdbi());
            QuotaWatches watches = new QuotaWatches(
                    usage,
                    admission,
                    reads,
                    callerCheck,
                    timers,
                    config.exports().maxWatches(),
                    metrics);
            List<BindableService> services = new ArrayList<>(List.of(
                    new ExecutionGrpcService(pipeline, batches, admission),
                    new ModuleGrpcService(
                            modules, config.requests().maxModuleBytes(), config.modules(), timers, metrics),
                    new UsageApi(
                            new UsageGrpcService(
                                    usage,
                                    new PostgresUsageSums(database.jdbi()),
                                    admission,
                                    reads,
                                    watches,
                                    denialTokens),
                            exports)));
            administration.map(AdminGrpcService::new).ifPresent(services::add);
            events.awaitServing(EVENT_LOG_WAIT);
            ServiceHealth health = new ServiceHealth(dependencies, administration.isPresent());
            GrpcServer grpc = closer.add(GrpcServer.start(
                    config.grpc(),
                    config.requests(),
                    authenticator,
                    health,
                    admission,
                    denialTokens,
                    metrics,
                    administration.map(AdminService::denials),
                    services));
            AdminServer admin = closer.add(
                    AdminServer.start(config.adminHost(), config.adminPort(), metrics, dependencies, schema));
            log.atInfo()
                    .addKeyValue("version", BuildInfo.version())
                    .addKeyValue("executor", config.events().executorId())
                    .addKeyValue("grpc_port", grpc.port())
                    .addKeyValue("admin_port", admin.port())
                    .log("executor started");
            return new ExecutorServer(grpc, admin, health, batches, exports, watches, config.drainTimeout(), closer);
        } catch (Throwable t) {
            throw closer.closeAfter(t);
        }
    }

    private static SandboxRuntime sandbox(ExecutorConfig config, PrometheusMeterRegistry metrics) {
        return switch (config.sandboxMode()) {
            case PROCESS -> ProcessSandbox.open(config.sandbox(), config.sandboxProcesses(), metrics);
            case IN_PROCESS -> WasmtimeSandbox.open(config.sandbox(), metrics);
        };
    }

    private static void watchProcess(PrometheusMeterRegistry metrics, Closer closer) {
        new ClassLoaderMetrics().bindTo(metrics);
        new JvmMemoryMetrics().bindTo(metrics);
        new JvmThreadMetrics().bindTo(metrics);
        new ProcessorMetrics().bindTo(metrics);
        new UptimeMetrics().bindTo(metrics);
        closer.add(new JvmGcMetrics()).bindTo(metrics);
    }

    private static ScheduledThreadPoolExecutor timers(Closer closer) {
        ScheduledThreadPoolExecutor timers = new ScheduledThreadPoolExecutor(1, runnable -> {
            Thread thread = new Thread(runnable, "timers");
            thread.setDaemon(true);
            return thread;
        });
        timers.setRemoveOnCancelPolicy(true);
        closer.add(timers::shutdownNow);
        return timers;
    }

    /** The public port. */
    public int grpcPort() {
        return grpc.port();
    }

    /** The operators' port. */
    public int adminPort() {
        return admin.port();
    }

    /** Waits until {@link #close} is done. */
    public void awaitTermination() throws InterruptedException {
        closed.await();
    }

    /**
     * Drains and closes: not ready, not serving, no new calls; calls in progress get the drain time-out to end and are
     * then cancelled; what ran is recorded, leases are closed, events flushed. Once; a second caller waits for the first.
     */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            awaitClosed();
            return;
        }
        try {
            log.atInfo().addKeyValue("timeout", drainTimeout).log("executor draining");
            admin.drain();
            health.drain();
            batches.drain();
            exports.drain();
            watches.drain();
            grpc.drain(drainTimeout);
            closer.close();
            log.atInfo().log("executor closed");
        } finally {
            closed.countDown();
        }
    }

    private void awaitClosed() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

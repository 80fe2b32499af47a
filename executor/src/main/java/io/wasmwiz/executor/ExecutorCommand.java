package io.wasmwiz.executor;

import io.wasmwiz.executor.ExecutorConfig.Environment;
import io.wasmwiz.executor.ExecutorConfig.SandboxMode;
import io.wasmwiz.executor.admin.AdminConfig;
import io.wasmwiz.executor.admission.AdmissionConfig;
import io.wasmwiz.executor.auth.AuthConfig;
import io.wasmwiz.executor.batch.BatchConfig;
import io.wasmwiz.executor.claims.ClaimsConfig;
import io.wasmwiz.executor.events.EventsConfig;
import io.wasmwiz.executor.execution.CrashConfig;
import io.wasmwiz.executor.execution.RequestLimits;
import io.wasmwiz.executor.grpc.GrpcConfig;
import io.wasmwiz.executor.modules.ModulesConfig;
import io.wasmwiz.executor.sandbox.SandboxConfig;
import io.wasmwiz.executor.sandbox.queue.QueueConfig;
import io.wasmwiz.service.config.DurationConverter;
import io.wasmwiz.service.config.EnvironmentDefaults;
import io.wasmwiz.service.database.DatabaseConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The flags of the executor. Each reads {@code WASMWIZ_…} from the environment unless given, and {@code --database-url}
 * reads {@code DATABASE_URL}. Bounds are those of the records that the flags fill; {@code README.md} lists them.
 */
@Command(
        name = "executor",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        showDefaultValues = true,
        description = "Runs WebAssembly modules as a metered gRPC service.")
public final class ExecutorCommand implements Callable<Integer> {
    @Option(
            names = "--env",
            description = "production or development",
            defaultValue = "production",
            converter = EnvironmentConverter.class)
    private Environment environment = Environment.PRODUCTION;

    @Option(
            names = "--executor-id",
            description = "Names this executor in leases and events. Default: host name and a random suffix")
    private String executorId = defaultExecutorId();

    @Option(names = "--grpc-host", description = "Address of the public port", defaultValue = "0.0.0.0")
    private String grpcHost = "";

    @Option(names = "--grpc-port", description = "0 takes a free one", defaultValue = "8081")
    private int grpcPort;

    @Option(
            names = "--grpc-reflection",
            description = "Serve the service description without a key",
            defaultValue = "false",
            arity = "0..1",
            fallbackValue = "true")
    private boolean grpcReflection;

    @Option(
            names = "--grpc-max-calls-per-connection",
            description = "Calls in progress on one connection",
            defaultValue = "1000")
    private int grpcMaxCallsPerConnection;

    @Option(
            names = "--grpc-max-held-calls",
            description = "Calls that may wait for the answer to who calls",
            defaultValue = "1000")
    private int grpcMaxHeldCalls;

    @Option(names = "--max-calls", description = "Calls in progress past authentication", defaultValue = "256")
    private int maxCalls;

    @Option(
            names = "--account-call-surplus",
            description = "Calls that an account may have in progress beyond its tier's executions at once",
            defaultValue = "4")
    private int accountCallSurplus;

    @Option(
            names = "--grpc-min-keep-alive",
            description = "Shortest interval of a client's pings",
            defaultValue = "10s",
            converter = DurationConverter.class)
    private Duration grpcMinKeepAlive = Duration.ZERO;

    @Option(
            names = "--grpc-max-connection-age",
            description = "Age at which connections are closed gracefully; 0s: never",
            defaultValue = "0s",
            converter = DurationConverter.class)
    private Duration grpcMaxConnectionAge = Duration.ZERO;

    @Option(names = "--admin-host", description = "Address of the operators' port", defaultValue = "0.0.0.0")
    private String adminHost = "";

    @Option(names = "--admin-port", description = "0 takes a free one", defaultValue = "8082")
    private int adminPort;

    @Option(names = "--database-url", description = "postgresql://user:password@host:port/database", defaultValue = "")
    private String databaseUrl = "";

    @Option(
            names = "--database-pool-size",
            description =
                    "Connections at most; at least one for each database thread (auth, admission, work) and two more",
            defaultValue = "12")
    private int databasePoolSize;

    @Option(
            names = "--database-connection-timeout",
            description = "Longest wait for a connection",
            defaultValue = "1s",
            converter = DurationConverter.class)
    private Duration databaseConnectionTimeout = Duration.ZERO;

    @Option(
            names = "--work-threads",
            description = "Threads for module and usage reads, and as many for inspection",
            defaultValue = "4")
    private int workThreads;

    @Option(names = "--work-queue", description = "Work waiting for these threads at most", defaultValue = "1000")
    private int workQueue;

    @Option(
            names = "--kafka-bootstrap-servers",
            description = "host:port, several separated by commas",
            defaultValue = "")
    private String kafkaBootstrapServers = "";

    @Option(
            names = "--kafka-topic",
            description = "Topic of the execution log; must exist",
            defaultValue = io.wasmwiz.events.ExecutionLog.TOPIC)
    private String kafkaTopic = "";

    @Option(
            names = "--kafka-property",
            description = "Kafka client setting, KEY=VALUE: ssl.*, sasl.* or security.protocol",
            split = "\\|")
    private Map<String, String> kafkaProperties = new LinkedHashMap<>();

    @Option(
            names = "--event-delivery-timeout",
            description = "How long an event may be in flight before its outcome is unknown",
            defaultValue = "10s",
            converter = DurationConverter.class)
    private Duration eventDeliveryTimeout = Duration.ZERO;

    @Option(
            names = "--event-stall-bound",
            description = "Age of the oldest event in flight from which no run may start",
            defaultValue = "1s",
            converter = DurationConverter.class)
    private Duration eventStallBound = Duration.ZERO;

    @Option(names = "--event-max-in-flight", description = "Events without an answer at most", defaultValue = "50000")
    private int eventMaxInFlight;

    @Option(names = "--event-buffer-bytes", description = "Memory for events not yet sent", defaultValue = "33554432")
    private long eventBufferBytes;

    @Option(
            names = "--auth-required",
            description = "Whether calls need a key; false only with --env=development on loopback",
            defaultValue = "true",
            arity = "0..1",
            fallbackValue = "true")
    private boolean authRequired;

    @Option(
            names = "--auth-epoch-poll",
            description = "Pause between looks at whether keys, accounts or tiers changed; bounds how long a revoked"
                    + " key works",
            defaultValue = "250ms",
            converter = DurationConverter.class)
    private Duration authEpochPoll = Duration.ZERO;

    @Option(
            names = "--auth-stale",
            description = "How long cached keys serve while PostgreSQL is away",
            defaultValue = "60s",
            converter = DurationConverter.class)
    private Duration authStale = Duration.ZERO;

    @Option(
            names = "--auth-cache-refresh",
            description = "Age from which a cached key is read again though nothing changed",
            defaultValue = "10m",
            converter = DurationConverter.class)
    private Duration authCacheRefresh = Duration.ZERO;

    @Option(names = "--auth-cache-entries", description = "Keys remembered at most", defaultValue = "100000")
    private int authCacheEntries;

    @Option(
            names = "--auth-cache-unknown-entries",
            description = "Keys remembered at most that do not exist",
            defaultValue = "10000")
    private int authCacheUnknownEntries;

    @Option(
            names = "--auth-failures-per-minute",
            description = "Authentications from one IPv4 address or IPv6 /64 that may fail in a minute",
            defaultValue = "600")
    private int authFailuresPerMinute;

    @Option(
            names = "--auth-failure-networks",
            description = "Addresses remembered at most whose authentications failed",
            defaultValue = "100000")
    private int authFailureNetworks;

    @Option(names = "--auth-database-threads", description = "Key reads in progress at most", defaultValue = "2")
    private int authDatabaseThreads;

    @Option(names = "--auth-database-queue", description = "Key reads waiting at most", defaultValue = "1000")
    private int authDatabaseQueue;

    @Option(names = "--max-in-flight", description = "Executions in progress at most", defaultValue = "4096")
    private int maxInFlight;

    @Option(
            names = "--admission-max-leases",
            description = "Leases not yet closed at most, about one per active account",
            defaultValue = "100000")
    private int admissionMaxLeases;

    @Option(
            names = "--admission-max-lease-size",
            description = "Units of a lease at most, unless more calls wait",
            defaultValue = "256")
    private int admissionMaxLeaseSize;

    @Option(
            names = "--admission-lease-duration",
            description = "Use-by of a lease after its grant",
            defaultValue = "5m",
            converter = DurationConverter.class)
    private Duration admissionLeaseDuration = Duration.ZERO;

    @Option(
            names = "--admission-lease-idle",
            description = "An unused lease is closed after this time",
            defaultValue = "1m",
            converter = DurationConverter.class)
    private Duration admissionLeaseIdle = Duration.ZERO;

    @Option(
            names = "--admission-recall-wait",
            description = "Longest wait of a call for units that other executors are asked to return",
            defaultValue = "2s",
            converter = DurationConverter.class)
    private Duration admissionRecallWait = Duration.ZERO;

    @Option(
            names = "--admission-max-waiting",
            description = "Calls of one account that wait for units at most",
            defaultValue = "1000")
    private int admissionMaxWaiting;

    @Option(
            names = "--admission-max-minute-limiters",
            description = "Accounts and keys whose current minute is remembered at most",
            defaultValue = "200000")
    private int admissionMaxMinuteLimiters;

    @Option(names = "--admission-database-threads", description = "Leases requested at once", defaultValue = "4")
    private int admissionDatabaseThreads;

    @Option(names = "--admission-database-queue", description = "Lease requests waiting at most", defaultValue = "1000")
    private int admissionDatabaseQueue;

    @Option(
            names = "--admission-drain-timeout",
            description = "Longest wait for leases to close on shutdown",
            defaultValue = "15s",
            converter = DurationConverter.class)
    private Duration admissionDrainTimeout = Duration.ZERO;

    @Option(
            names = "--sandbox-mode",
            description = "Where guests run: process (of their own) or in-process (trusted modules only)",
            defaultValue = "process",
            converter = SandboxModeConverter.class)
    private SandboxMode sandboxMode = SandboxMode.PROCESS;

    @Mixin
    private final SandboxFlags sandboxFlags = new SandboxFlags();

    @Option(
            names = "--sandbox-workers",
            description = "In-process only: runs in progress at most. Default: one per core")
    private int sandboxWorkers = Math.min(256, Runtime.getRuntime().availableProcessors());

    @Option(names = "--sandbox-queue", description = "Runs waiting at most", defaultValue = "1000")
    private int sandboxQueue;

    @Option(
            names = "--sandbox-queue-per-account",
            description = "Runs of one account waiting at most",
            defaultValue = "250")
    private int sandboxQueuePerAccount;

    @Option(
            names = "--max-queue-wait",
            description = "Longest wait of a run for its start",
            defaultValue = "10s",
            converter = DurationConverter.class)
    private Duration maxQueueWait = Duration.ZERO;

    @Option(
            names = "--sandbox-epoch-tick",
            description = "Precision of time limits",
            defaultValue = "5ms",
            converter = DurationConverter.class)
    private Duration sandboxEpochTick = Duration.ZERO;

    @Option(
            names = "--warm-up-runs",
            description = "Runs of a module of its own by which a new executor gets up to speed before it takes calls",
            defaultValue = "100")
    private int warmUpRuns;

    @Option(
            names = "--free-crashes-per-day",
            description = "Crashed runs of an account that a UTC day does not charge",
            defaultValue = "5")
    private int freeCrashesPerDay;

    @Option(
            names = "--quarantine-after",
            description = "Crashes of a module within --quarantine-window that put it under quarantine",
            defaultValue = "3")
    private int quarantineAfter;

    @Option(
            names = "--quarantine-window",
            description = "Time in which these crashes count",
            defaultValue = "10m",
            converter = DurationConverter.class)
    private Duration quarantineWindow = Duration.ZERO;

    @Option(
            names = "--quarantine-time",
            description = "How long a module under quarantine is refused",
            defaultValue = "30m",
            converter = DurationConverter.class)
    private Duration quarantineTime = Duration.ZERO;

    @Option(
            names = "--max-attempts-per-request",
            description = "Runs of one request id, on all executors",
            defaultValue = "10")
    private int maxAttemptsPerRequest;

    @Option(
            names = "--request-cache-bytes",
            description = "Answers to requests with an id kept in memory",
            defaultValue = "67108864")
    private long requestCacheBytes;

    @Option(names = "--request-cache-entries", description = "The same, counted", defaultValue = "10000")
    private int requestCacheEntries;

    @Option(
            names = "--request-cache-time",
            description = "How long such an answer is kept",
            defaultValue = "10m",
            converter = DurationConverter.class)
    private Duration requestCacheTime = Duration.ZERO;

    @Option(
            names = "--batch-in-flight",
            description = "Items of one batch between their start and the sending of their result",
            defaultValue = "200")
    private int batchInFlight;

    @Option(
            names = "--batch-account-in-flight",
            description = "The same of an account's batches together",
            defaultValue = "240")
    private int batchAccountInFlight;

    @Option(
            names = "--batch-bytes",
            description = "Inputs and outputs of such items of all batches",
            defaultValue = "67108864")
    private long batchBytes;

    @Option(
            names = "--batch-idle-timeout",
            description = "How long a batch may be open without anything to do",
            defaultValue = "1m",
            converter = DurationConverter.class)
    private Duration batchIdleTimeout = Duration.ZERO;

    @Option(
            names = "--batch-stall-timeout",
            description = "How long a batch's results may wait for their reader",
            defaultValue = "1m",
            converter = DurationConverter.class)
    private Duration batchStallTimeout = Duration.ZERO;

    @Option(
            names = "--batch-patience",
            description = "How long a batch's item is tried again while the server or its account is busy",
            defaultValue = "30s",
            converter = DurationConverter.class)
    private Duration batchPatience = Duration.ZERO;

    @Option(names = "--batch-threads", description = "Threads that serve all batches", defaultValue = "2")
    private int batchThreads;

    @Option(names = "--max-module-bytes", description = "Size of a module", defaultValue = "10485760")
    private int maxModuleBytes;

    @Option(
            names = "--max-input-bytes",
            description = "Size of standard input and of the files' contents and paths together",
            defaultValue = "1048576")
    private int maxInputBytes;

    @Option(names = "--max-stdout-bytes", description = "Standard output kept", defaultValue = "1048576")
    private int maxStdoutBytes;

    @Option(names = "--max-stderr-bytes", description = "Standard error kept", defaultValue = "262144")
    private int maxStderrBytes;

    @Option(names = "--modules-per-account", description = "Modules that an account may keep", defaultValue = "1000")
    private int modulesPerAccount;

    @Option(names = "--module-cache-bytes", description = "Modules kept in memory", defaultValue = "268435456")
    private long moduleCacheBytes;

    @Option(
            names = "--module-cache-time",
            description = "How long a module is served from memory; bounds how long other replicas run a deleted one",
            defaultValue = "1m",
            converter = DurationConverter.class)
    private Duration moduleCacheTime = Duration.ZERO;

    @Option(
            names = "--upload-buffer-bytes",
            description = "Bytes that uploads in progress hold together",
            defaultValue = "134217728")
    private long uploadBufferBytes;

    @Option(
            names = "--upload-timeout",
            description = "Longest upload",
            defaultValue = "2m",
            converter = DurationConverter.class)
    private Duration uploadTimeout = Duration.ZERO;

    @Option(
            names = "--inspection-buffer-bytes",
            description = "Bytes of modules that runs bring along and that are not kept yet",
            defaultValue = "134217728")
    private long inspectionBufferBytes;

    @Mixin
    private final ExportFlags exportFlags = new ExportFlags();

    @Option(
            names = "--admin-service",
            description = "Serve AdminService",
            defaultValue = "false",
            arity = "0..1",
            fallbackValue = "true")
    private boolean adminService;

    @Option(
            names = "--admin-database-url",
            description = "postgresql://… of a login that is a member of wasmwiz_admin",
            defaultValue = "")
    private String adminDatabaseUrl = "";

    @Option(
            names = "--admin-threads",
            description = "Database calls of the admin service at once, each on a connection of its own",
            defaultValue = "2")
    private int adminThreads;

    @Option(names = "--admin-queue", description = "Calls of the admin service waiting at most", defaultValue = "100")
    private int adminQueue;

    @Option(names = "--admin-keys-per-account", description = "Keys that an account may have", defaultValue = "100")
    private int adminKeysPerAccount;

    @Option(
            names = "--admin-changes-per-minute",
            description = "Changes by an owner's key in a minute",
            defaultValue = "60")
    private int adminChangesPerMinute;

    @Option(
            names = "--admin-denials-per-minute",
            description = "Denied calls of a key or address in a minute that get an audit event each",
            defaultValue = "10")
    private int adminDenialsPerMinute;

    @Option(
            names = "--drain-timeout",
            description = "Longest wait for calls in progress on shutdown",
            defaultValue = "35s",
            converter = DurationConverter.class)
    private Duration drainTimeout = Duration.ZERO;

    /**
     * The configuration that these flags and this environment make.
     *
     * @throws io.wasmwiz.service.config.ConfigException with every fault at once
     * @throws CommandLine.ParameterException when a flag is unknown or its value is of the wrong form
     */
    public static ExecutorConfig parse(Map<String, String> environment, String... flags) {
        ExecutorCommand command = new ExecutorCommand();
        EnvironmentDefaults defaults = new EnvironmentDefaults(environment);
        CommandLine line = new CommandLine(command);
        line.setDefaultValueProvider(defaults);
        line.parseArgs(flags);
        defaults.refuseUnknown(line.getCommandSpec());
        return command.config();
    }

    /** Serves until the process is told to stop, then drains. */
    @Override
    public Integer call() throws InterruptedException {
        ExecutorServer server = ExecutorServer.start(config());
        Thread drain = new Thread(server::close, "drain");
        Runtime.getRuntime().addShutdownHook(drain);
        server.awaitTermination();
        return 0;
    }

    private ExecutorConfig config() {
        return new ExecutorConfig(
                environment,
                new GrpcConfig(
                        grpcHost,
                        grpcPort,
                        grpcReflection,
                        grpcMaxCallsPerConnection,
                        grpcMaxHeldCalls,
                        maxCalls,
                        accountCallSurplus,
                        grpcMinKeepAlive,
                        grpcMaxConnectionAge),
                adminHost,
                adminPort,
                new DatabaseConfig(databaseUrl, databasePoolSize, databaseConnectionTimeout),
                auth(),
                admission(),
                new EventsConfig(
                        kafkaBootstrapServers,
                        kafkaTopic,
                        executorId,
                        eventDeliveryTimeout,
                        eventStallBound,
                        eventMaxInFlight,
                        eventBufferBytes,
                        kafkaProperties),
                sandboxMode,
                new SandboxConfig(
                        sandboxWorkers,
                        new QueueConfig(sandboxQueue, sandboxQueuePerAccount, maxQueueWait),
                        sandboxEpochTick),
                sandboxFlags.config(),
                warmUpRuns,
                new ModulesConfig(
                        modulesPerAccount,
                        moduleCacheBytes,
                        moduleCacheTime,
                        uploadBufferBytes,
                        uploadTimeout,
                        inspectionBufferBytes),
                new RequestLimits(maxModuleBytes, maxInputBytes, maxStdoutBytes, maxStderrBytes),
                new AdminConfig(
                        adminService,
                        adminDatabaseUrl,
                        adminThreads,
                        adminQueue,
                        adminKeysPerAccount,
                        adminChangesPerMinute,
                        adminDenialsPerMinute),
                new CrashConfig(freeCrashesPerDay, quarantineAfter, quarantineWindow, quarantineTime),
                new ClaimsConfig(maxAttemptsPerRequest, requestCacheBytes, requestCacheEntries, requestCacheTime),
                new BatchConfig(
                        batchInFlight,
                        batchAccountInFlight,
                        batchBytes,
                        batchIdleTimeout,
                        batchStallTimeout,
                        batchPatience,
                        batchThreads),
                exportFlags.config(),
                workThreads,
                workQueue,
                drainTimeout);
    }

    private AuthConfig auth() {
        return new AuthConfig(
                authRequired,
                authEpochPoll,
                authStale,
                authCacheRefresh,
                authCacheEntries,
                authCacheUnknownEntries,
                authFailuresPerMinute,
                authFailureNetworks,
                authDatabaseThreads,
                authDatabaseQueue);
    }

    private AdmissionConfig admission() {
        return new AdmissionConfig(
                executorId,
                maxInFlight,
                admissionMaxLeases,
                admissionMaxLeaseSize,
                admissionLeaseDuration,
                admissionLeaseIdle,
                admissionRecallWait,
                admissionMaxWaiting,
                admissionMaxMinuteLimiters,
                admissionDatabaseThreads,
                admissionDatabaseQueue,
                admissionDrainTimeout);
    }

    static final class EnvironmentConverter implements CommandLine.ITypeConverter<Environment> {
        @Override
        public Environment convert(String text) {
            return switch (text) {
                case "production" -> Environment.PRODUCTION;
                case "development" -> Environment.DEVELOPMENT;
                default ->
                    throw new CommandLine.TypeConversionException(
                            "--env must be production or development, was '" + text + "'");
            };
        }
    }

    private static final class SandboxModeConverter implements CommandLine.ITypeConverter<SandboxMode> {
        @Override
        public SandboxMode convert(String text) {
            return switch (text) {
                case "process" -> SandboxMode.PROCESS;
                case "in-process" -> SandboxMode.IN_PROCESS;
                default ->
                    throw new CommandLine.TypeConversionException(
                            "--sandbox-mode must be process or in-process, was '" + text + "'");
            };
        }
    }

    private static String defaultExecutorId() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9._-]", "-");
        } catch (UnknownHostException e) {
            host = "executor";
        }
        return host.substring(0, Math.min(host.length(), 100)) + "-"
                + UUID.randomUUID().toString().substring(0, 8);
    }
}

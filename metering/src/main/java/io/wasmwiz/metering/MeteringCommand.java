package io.wasmwiz.metering;

import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.metering.consume.LogConfig;
import io.wasmwiz.metering.lease.LeaseConfig;
import io.wasmwiz.metering.reconcile.ReconcileConfig;
import io.wasmwiz.metering.store.LedgerConfig;
import io.wasmwiz.service.config.DurationConverter;
import io.wasmwiz.service.config.EnvironmentDefaults;
import io.wasmwiz.service.database.DatabaseConfig;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of a metering worker. */
@Command(
        name = "metering",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description =
                "Writes the event log into the usage ledger, each event once. Every flag has an environment default:"
                        + " --admin-port reads WASMWIZ_ADMIN_PORT, --database-url reads DATABASE_URL.")
public final class MeteringCommand implements Callable<Integer> {
    @Option(
            names = "--admin-host",
            defaultValue = "0.0.0.0",
            description = "Address of the admin port (metrics, health).")
    private String adminHost = "";

    @Option(names = "--admin-port", defaultValue = "8083", description = "Admin port; 0 takes a free one.")
    private int adminPort;

    @Option(
            names = "--database-url",
            defaultValue = "",
            showDefaultValue = CommandLine.Help.Visibility.NEVER,
            description = "postgresql://user:password@host:port/database. Required.")
    private String databaseUrl = "";

    @Option(names = "--database-pool-size", defaultValue = "6", description = "Connections at most, from 4.")
    private int databasePoolSize;

    @Option(
            names = "--database-connection-timeout",
            defaultValue = "5s",
            converter = DurationConverter.class,
            description = "Longest wait for a connection.")
    private Duration databaseConnectionTimeout = Duration.ZERO;

    @Option(
            names = "--statement-timeout",
            defaultValue = "20s",
            converter = DurationConverter.class,
            description = "Longest SQL statement.")
    private Duration statementTimeout = Duration.ZERO;

    @Option(
            names = "--lock-timeout",
            defaultValue = "5s",
            converter = DurationConverter.class,
            description = "Longest wait for a row's lock.")
    private Duration lockTimeout = Duration.ZERO;

    @Option(
            names = "--kafka-bootstrap-servers",
            defaultValue = "",
            showDefaultValue = CommandLine.Help.Visibility.NEVER,
            description = "host:port[,host:port...] of the brokers. Required.")
    private String kafkaBootstrapServers = "";

    @Option(names = "--kafka-topic", defaultValue = ExecutionLog.TOPIC, description = "The event log.")
    private String kafkaTopic = "";

    @Option(
            names = "--kafka-property",
            split = "\\|",
            description =
                    "Kafka client setting, KEY=VALUE: ssl.*, sasl.* or security.protocol; several separated by |.")
    private Map<String, String> kafkaProperties = new LinkedHashMap<>();

    @Option(names = "--consumer-group", defaultValue = "wasmwiz-metering", description = "Group of the workers.")
    private String consumerGroup = "";

    @Option(names = "--max-batch-records", defaultValue = "10000", description = "Records in one transaction at most.")
    private int maxBatchRecords;

    @Option(
            names = "--retry-min",
            defaultValue = "100ms",
            converter = DurationConverter.class,
            description = "First wait after a failure.")
    private Duration retryMin = Duration.ZERO;

    @Option(
            names = "--retry-max",
            defaultValue = "5s",
            converter = DurationConverter.class,
            description = "Longest wait between two attempts.")
    private Duration retryMax = Duration.ZERO;

    @Option(
            names = "--transaction-timeout",
            defaultValue = "1m",
            converter = DurationConverter.class,
            description = "A worker's transaction that is older is taken for stuck and ended by another worker.")
    private Duration transactionTimeout = Duration.ZERO;

    @Option(
            names = "--last-used-granularity",
            defaultValue = "10s",
            converter = DurationConverter.class,
            description = "An API key's last use is written again when it is newer by more than this.")
    private Duration lastUsedGranularity = Duration.ZERO;

    @Option(
            names = "--partitions-ahead-days",
            defaultValue = "7",
            description = "Days for which partitions of usage_logs are made ahead.")
    private int partitionsAheadDays;

    @Option(
            names = "--retention-days",
            defaultValue = "400",
            description = "Whole days before today that the ledger keeps; older ones are dropped.")
    private int retentionDays;

    @Option(
            names = "--rollup-retention-days",
            defaultValue = "1100",
            description = "Whole days before today whose rollups are kept, at least as many as --retention-days.")
    private int rollupRetentionDays;

    @Option(
            names = "--max-queue-wait",
            defaultValue = "10s",
            converter = DurationConverter.class,
            description = "The executors' flag of that name: no lease of theirs is closed before.")
    private Duration maxQueueWait = Duration.ZERO;

    @Option(
            names = "--event-delivery-timeout",
            defaultValue = "10s",
            converter = DurationConverter.class,
            description = "The executors' flag of that name: no lease of theirs is closed before.")
    private Duration eventDeliveryTimeout = Duration.ZERO;

    @Option(
            names = "--lease-close-margin",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description = "What is added to these before a lease is closed for an executor that is gone.")
    private Duration leaseCloseMargin = Duration.ZERO;

    @Option(
            names = "--lease-sweep-interval",
            defaultValue = "10s",
            converter = DurationConverter.class,
            description = "Time between two looks for leases of executors that are gone.")
    private Duration leaseSweepInterval = Duration.ZERO;

    @Option(
            names = "--reconcile-interval",
            defaultValue = "1h",
            converter = DurationConverter.class,
            description = "Time between two comparisons of the books with the log, over all workers; 0s: never.")
    private Duration reconcileInterval = Duration.ZERO;

    @Option(
            names = "--reconcile-days",
            defaultValue = "2",
            description = "UTC days that are compared, today the last of them.")
    private int reconcileDays;

    @Option(
            names = "--reconcile-timeout",
            defaultValue = "10m",
            converter = DurationConverter.class,
            description = "Longest time of one comparison.")
    private Duration reconcileTimeout = Duration.ZERO;

    @Option(
            names = "--grant-timeout",
            defaultValue = "10s",
            converter = DurationConverter.class,
            description = "Longest time of a grant until it writes its lease; the watermark is this far behind.")
    private Duration grantTimeout = Duration.ZERO;

    @Option(
            names = "--watermark-interval",
            defaultValue = "1s",
            converter = DurationConverter.class,
            description = "Time between two moves of the watermark.")
    private Duration watermarkInterval = Duration.ZERO;

    @Option(
            names = "--drain-timeout",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description = "How long stopping may take to finish the batch in hand.")
    private Duration drainTimeout = Duration.ZERO;

    /** The configuration that {@code flags} and {@code environment} say. Throws with every fault it finds. */
    public static MeteringConfig parse(Map<String, String> environment, String... flags) {
        EnvironmentDefaults defaults = new EnvironmentDefaults(environment);
        MeteringCommand command = new MeteringCommand();
        CommandLine line = new CommandLine(command).setDefaultValueProvider(defaults);
        line.parseArgs(flags);
        defaults.refuseUnknown(line.getCommandSpec());
        return command.config();
    }

    private MeteringConfig config() {
        return new MeteringConfig(
                        new MeteringConfig.AdminConfig(adminHost, adminPort),
                        new DatabaseConfig(databaseUrl, databasePoolSize, databaseConnectionTimeout),
                        new LogConfig(
                                kafkaBootstrapServers,
                                kafkaTopic,
                                consumerGroup,
                                maxBatchRecords,
                                retryMin,
                                retryMax,
                                kafkaProperties),
                        new LedgerConfig(
                                statementTimeout,
                                lockTimeout,
                                transactionTimeout,
                                lastUsedGranularity,
                                partitionsAheadDays,
                                retentionDays,
                                rollupRetentionDays),
                        new LeaseConfig(
                                maxQueueWait,
                                eventDeliveryTimeout,
                                leaseCloseMargin,
                                leaseSweepInterval,
                                grantTimeout,
                                watermarkInterval),
                        new ReconcileConfig(reconcileInterval, reconcileDays, reconcileTimeout),
                        drainTimeout)
                .checked();
    }

    @Override
    public Integer call() throws Exception {
        MeteringWorker worker = MeteringWorker.start(config());
        Runtime.getRuntime().addShutdownHook(new Thread(worker::close, "drain"));
        worker.awaitTermination();
        return 0;
    }
}

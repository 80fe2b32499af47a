package io.wasmwiz.metering.deadevents;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.wasmwiz.events.ExecutionLog;
import io.wasmwiz.service.config.Problems;
import io.wasmwiz.service.database.Database;
import io.wasmwiz.service.database.DatabaseConfig;
import java.time.Duration;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Which ledger, and of which log. */
final class LedgerOptions {
    private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(5);

    @Option(
            names = "--database-url",
            defaultValue = "",
            showDefaultValue = CommandLine.Help.Visibility.NEVER,
            description = "postgresql://user:password@host:port/database of a member of wasmwiz_metering. Required.")
    private String databaseUrl = "";

    @Option(
            names = "--kafka-topic",
            defaultValue = ExecutionLog.TOPIC,
            description = "The event log. Default: ${DEFAULT-VALUE}.")
    String topic = "";

    @Option(names = "--json", description = "Print JSON, one object a line.")
    boolean json;

    /** Opens the database; the caller closes it. */
    Database open() {
        DatabaseConfig config = new DatabaseConfig(databaseUrl, 2, CONNECTION_TIMEOUT);
        Problems problems = new Problems();
        config.check(problems);
        problems.check();
        return Database.open(config, "wasmwiz-dead-events", new SimpleMeterRegistry());
    }
}

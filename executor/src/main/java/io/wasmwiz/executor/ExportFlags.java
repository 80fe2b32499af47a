package io.wasmwiz.executor;

import io.wasmwiz.executor.export.ExportConfig;
import io.wasmwiz.service.config.DurationConverter;
import java.time.Duration;
import picocli.CommandLine.Option;

/** The flags of what streams usage. */
final class ExportFlags {
    @Option(
            names = "--export-database-url",
            description = "postgresql://… of a read replica for exports. Default: --database-url",
            defaultValue = "")
    private String databaseUrl = "";

    @Option(
            names = "--export-threads",
            description = "Pages of exports read at once, each on a connection of its own",
            defaultValue = "2")
    private int threads;

    @Option(names = "--export-max-streams", description = "Exports in progress at most", defaultValue = "32")
    private int maxStreams;

    @Option(
            names = "--export-page-rows",
            description = "Executions that an export reads in one transaction at most",
            defaultValue = "8192")
    private int pageRows;

    @Option(
            names = "--export-follow-interval",
            description = "How often an export that follows looks for more",
            defaultValue = "200ms",
            converter = DurationConverter.class)
    private Duration followInterval = Duration.ZERO;

    @Option(names = "--quota-max-watches", description = "Watches of quotas in progress at most", defaultValue = "256")
    private int maxWatches;

    @Option(
            names = "--usage-token-keys",
            description =
                    "Secret keys of resume and denial tokens, ID:BASE64[,ID:BASE64…], the same for all executors; the first"
                            + " signs. Default: a random one",
            defaultValue = "")
    private String tokenKeys = "";

    ExportConfig config() {
        return new ExportConfig(databaseUrl, threads, maxStreams, pageRows, followInterval, maxWatches, tokenKeys);
    }
}
